"""Reporters: everything that a person or a file sees of a run, made from its one stream of events."""

from fnfuzz.report.case_files import AppWords, CaseFiles, Known
from fnfuzz.report.cases import Case, CaseError, read_case
from fnfuzz.report.model import ReportContext, Reporter, ReportError
from fnfuzz.report.registry import REPORTERS, open_reporters

__all__ = [
    "REPORTERS",
    "AppWords",
    "Case",
    "CaseError",
    "CaseFiles",
    "Known",
    "ReportContext",
    "ReportError",
    "Reporter",
    "open_reporters",
    "read_case",
]
