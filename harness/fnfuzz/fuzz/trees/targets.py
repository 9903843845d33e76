"""Where the tree of an event can be changed, found in one walk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fnfuzz.fuzz.trees.tree import PAYLOADS, Path, Tree

__all__ = ["Targets", "targets"]


@dataclass(slots=True)
class Targets:
    """Where a tree can be changed, by kind of change; each with its path and what is there.

    ``scalars`` are values in payloads, queries and metadata, ``frame`` are all others, ``members`` may come and go,
    ``containers`` take new ones, ``json`` is everything inside JSON. ``homes`` are the containers of names: objects and
    lists of pairs, without headers; ``named`` has the members and pairs in them by their names in small letters.
    """

    scalars: list[tuple[Path, Any]] = field(default_factory=list)
    frame: list[tuple[Path, Any]] = field(default_factory=list)
    members: list[Path] = field(default_factory=list)
    containers: list[tuple[Path, Any]] = field(default_factory=list)
    json: list[tuple[Path, Any]] = field(default_factory=list)
    homes: list[Path] = field(default_factory=list)
    named: dict[str, list[Path]] = field(default_factory=dict)


def targets(tree: Tree) -> Targets:
    """All targets of ``tree``, in one walk."""
    found = Targets()
    for key, value in tree.items():
        if key in PAYLOADS and isinstance(value, dict):
            for kind, content in value.items():
                if kind == "json":
                    _json_places((key, kind), content, found)
                elif kind == "form":
                    _pair_places((key, kind), content, found)
                else:
                    found.scalars.append(((key, kind), content))
        elif isinstance(value, list):
            _pair_places((key,), value, found)
        elif isinstance(value, dict):
            found.frame += [((key, name), item) for name, item in value.items()]
        else:
            (found.scalars if key == "payload" else found.frame).append(((key,), value))
    return found


def _pair_places(path: Path, pairs: Any, found: Targets) -> None:
    found.containers.append((path, pairs))
    if path != ("headers",):
        found.homes.append(path)
    scalars = found.frame if path == ("headers",) else found.scalars
    for index, (name, value) in enumerate(pairs):
        here = (*path, index)
        found.members.append(here)
        scalars += [((*here, 0), name), ((*here, 1), value)]
        if path != ("headers",):
            found.named.setdefault(name.lower(), []).append((*here, 1))


def _json_places(path: Path, value: Any, found: Targets) -> None:
    found.json.append((path, value))
    if isinstance(value, dict):
        found.containers.append((path, value))
        found.homes.append(path)
        for key, item in value.items():
            here = (*path, key)
            found.members.append(here)
            found.named.setdefault(key.lower(), []).append(here)
            _json_places(here, item, found)
    elif isinstance(value, list):
        found.containers.append((path, value))
        for index, item in enumerate(value):
            here = (*path, index)
            found.members.append(here)
            _json_places(here, item, found)
    else:
        found.scalars.append((path, value))
