"""Redaction: stand-ins for secrets and personal data, before a record reaches the disk.

``Redactor(key, rules).record(record)`` is a pure function of its key: the same value becomes the same stand-in in every
record and every place, whatever is wrapped around it, and two values never become one.
"""

from __future__ import annotations

from fnfuzz.corpus.redaction.finder import Note
from fnfuzz.corpus.redaction.key import KeyProblem, load_key
from fnfuzz.corpus.redaction.redactor import Redactor, Tally
from fnfuzz.corpus.redaction.rules import DEFAULT_RULES, RedactionRules, RulesError
from fnfuzz.corpus.redaction.standins import StandIns

__all__ = [
    "DEFAULT_RULES",
    "KeyProblem",
    "Note",
    "RedactionRules",
    "Redactor",
    "RulesError",
    "StandIns",
    "Tally",
    "load_key",
]
