"""What came of a replay as JSON types: the document ``fnfuzz.replay/1`` (docs/replay.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fnfuzz.replay.groups import Group
from fnfuzz.replay.masks import Dependence, Mask
from fnfuzz.replay.model import Broken, Result
from fnfuzz.report.plain_data import violation_data

__all__ = ["REPLAY_SCHEMA", "replay_data"]

REPLAY_SCHEMA = "fnfuzz.replay/1"


def replay_data(result: Result) -> dict[str, Any]:
    """The whole document."""
    accepted = result.accepted
    return {
        "schema": REPLAY_SCHEMA,
        "corpus": result.corpus,
        "against": result.against or None,
        "ended": result.ended,
        "failed": result.failed,
        "seconds": round(result.seconds, 6),
        "rounds": result.rounds,
        "replayed": result.replayed,
        "compared": result.compared,
        "same": result.same,
        "masked": result.masked,
        "unanswered": result.unanswered,
        "by_outcome": result.by_outcome,
        "not_replayable": [{"reason": why, "count": count} for why, count in sorted(result.skipped.items())],
        "deliveries": dict(result.deliveries) or None,
        "lateness": _rounded(asdict(result.lateness)) if result.lateness is not None else None,
        "differences": [_group(group, accepted is not None and group.id in accepted.groups) for group in result.groups],
        "differences_not_told": result.beyond,
        "violations": [_broken(item) for item in result.broken],
        "ignored": [{**_broken(item), "reason": reason} for item, reason in result.ignored],
        "depends_on_order": [_place(item) for item in result.dependences],
        "noise": {
            "file": result.noise_file or None,
            "learnt": result.learnt,
            "masks": [_mask(mask) for mask in result.masks],
            "unused": [{"function": mask.function, "path": mask.path} for mask in result.unused],
        },
        "accepted": {"changed": accepted.changed, "left": accepted.left} if accepted is not None else None,
    }


def _group(group: Group, accepted: bool) -> dict[str, Any]:
    example = group.example
    return {
        "id": group.id,
        "grade": group.grade,
        "kind": group.kind,
        "function": group.function,
        "path": group.path,
        "cause": group.cause or None,
        "count": group.count,
        "accepted": accepted,
        "example": {
            "record": example.record,
            "place": example.place,
            "recorded": example.recorded,
            "got": example.got,
        },
    }


def _broken(item: Broken) -> dict[str, Any]:
    told = violation_data(item.violation)
    return {**told, "function": item.function, "count": item.count, "record": item.record or None}


def _mask(mask: Mask) -> dict[str, Any]:
    return {"kinds": sorted(mask.kinds), **_place(mask)}


def _place(item: Mask | Dependence) -> dict[str, Any]:
    return {
        "function": item.function,
        "path": item.path,
        "evidence": dict(item.evidence),
        "samples": item.samples,
        "examples": list(item.examples),
    }


def _rounded(data: dict[str, Any]) -> dict[str, Any]:
    names = {"median": "median_s", "most_of": "p95_s", "worst": "worst_s"}
    return {names.get(key, key): round(value, 6) for key, value in data.items()}
