"""Reporters: everything that a person or a file sees of a run, made from its one stream of events."""

from fnfuzz.report.cases import AppWords, Case, CaseError, CaseFiles, read_case
from fnfuzz.report.model import ReportContext, Reporter, ReportError
from fnfuzz.report.registry import REPORTERS, open_reporters

__all__ = [
    "REPORTERS",
    "AppWords",
    "Case",
    "CaseError",
    "CaseFiles",
    "ReportContext",
    "ReportError",
    "Reporter",
    "open_reporters",
    "read_case",
]
