"""Phases, event sources, mutators, feedback, triage and shrinking; the engine is a generator of events."""

from fnfuzz.fuzz.engine import run
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.plan import ALL_PHASES, Plan

__all__ = ["ALL_PHASES", "Finding", "Identity", "Plan", "run"]
