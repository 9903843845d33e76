"""How an event is taken apart so that putting it together again gives the very same event, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.trees.tree import PAYLOADS, Tree, to_event, to_tree

__all__ = ["Reading", "readings"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A tree of an event; with ``exact`` its JSON may hold numbers that no type of the usual writer can hold."""

    tree: Tree
    exact: bool = False

    def event(self, tree: Tree, base: Event, function: Function) -> Event | None:
        """The event of ``tree``, a changed form of this one; None for one that no host could send."""
        return to_event(_with_tokens(tree) if self.exact else tree, base, function)


def readings(event: Event, function: Function) -> Iterator[Reading]:
    """The ways to take ``event`` apart, the one with most structure first. Only what the last one gives (the payload as
    text or bytes) is sure to become the same event again.
    """
    tree = to_tree(event, function)
    yield Reading(tree)
    exact = _exact(tree, event)
    if exact is not None:
        yield Reading(exact, exact=True)
    yield Reading(_as_text(tree, event))


@dataclass(frozen=True, slots=True)
class _Token:
    """A number as it is written, out of every type's range."""

    text: str


def _exact(tree: Tree, event: Event) -> Tree | None:
    """JSON with each number as it is written, if there is JSON."""
    for key in PAYLOADS:
        if "json" in tree.get(key, ()):
            try:
                value = json.loads(getattr(event, key), parse_int=_token, parse_float=_token, parse_constant=_token)
            except (ValueError, RecursionError):
                return None
            return {**tree, key: {"json": value}}
    return None


def _token(text: str) -> Any:
    """A number, or the token itself where a number would be written in another way."""
    number = orjson.loads(text)
    if orjson.dumps(number).decode() == text:
        return number
    return int(text) if text.lstrip("-").isdigit() and len(text) < 400 else _Token(text)


def _with_tokens(tree: Tree) -> Tree:
    return {
        key: {"json": _written(value["json"])} if key in PAYLOADS and "json" in value else value
        for key, value in tree.items()
    }


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return orjson.Fragment(str(value).encode())
    return orjson.Fragment(value.text.encode()) if isinstance(value, _Token) else value


def _as_text(tree: Tree, event: Event) -> Tree:
    for key in PAYLOADS:
        if key in tree:
            raw = getattr(event, key)
            try:
                return {**tree, key: {"text": raw.decode("utf-8")}}
            except UnicodeDecodeError:
                return {**tree, key: {"bytes": raw}}
    return tree
