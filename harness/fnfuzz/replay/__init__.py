"""Recorded exchanges sent again, judged by the rules, and compared with what was recorded."""

from __future__ import annotations

from fnfuzz.replay.cases import Case, Cases
from fnfuzz.replay.difference import Change, changes
from fnfuzz.replay.judging import compare
from fnfuzz.replay.masks import Mask, Noise, uncovered
from fnfuzz.replay.model import Plan, Result
from fnfuzz.replay.noise_file import NoiseFileError, read_noise
from fnfuzz.replay.playing import Played, deliver
from fnfuzz.replay.replaying import replay

__all__ = [
    "Case",
    "Cases",
    "Change",
    "Mask",
    "Noise",
    "NoiseFileError",
    "Plan",
    "Played",
    "Result",
    "changes",
    "compare",
    "deliver",
    "read_noise",
    "replay",
    "uncovered",
]
