"""YAML files of the platforms' tools, read without trust: safe types, bounded aliases, every error located."""

from __future__ import annotations

from pathlib import Path

import yaml

from fnfuzz.app.files import read_text
from fnfuzz.app.lenient_json import Keys, Place
from fnfuzz.app.model import AppError
from fnfuzz.app.sections import Document

__all__ = ["read_yaml_document"]

MAX_NODES = 100_000
"""Nodes after all aliases are followed; a file for people has some hundreds."""


class _Loader(yaml.SafeLoader):
    """Safe types; a tag of the tool's own (``!Ref name``) stays as text."""


def _tool_tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> str:
    return f"!{suffix} {node.value if isinstance(node, yaml.ScalarNode) else '...'}"


_Loader.add_multi_constructor("!", _tool_tag)


def read_yaml_document(path: Path) -> Document:
    """The one document of ``path``. Raises AppError for what is no YAML, has several documents, or grows too large."""
    try:
        return _read(path, _Loader(read_text(path)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise AppError(f"{place}: not YAML: {error.problem or error.context}; mend the file there") from error
    except RecursionError as error:
        raise AppError(f"{path}: nested too deep to be a settings file; simplify it") from error
    except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
        raise AppError(f"{path}: not YAML: {' '.join(str(error).split())}; mend the file") from error


def _read(path: Path, loader: _Loader) -> Document:
    node = loader.get_single_node()
    if node is None:
        return Document(path, {}, {(): (1, 1)})
    if _size(node, {}) > MAX_NODES:
        raise AppError(f"{path}: its aliases make more than {MAX_NODES} values; write them out or remove them")
    places: dict[Keys, Place] = {}
    _note_places(node, (), places)
    return Document(path, loader.construct_document(node), places)


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes ``node`` has when every alias is followed; endless for one that holds itself."""
    if id(node) not in known:
        known[id(node)] = MAX_NODES + 1
        known[id(node)] = 1 + sum(_size(inner, known) for inner in _inner(node))
    return known[id(node)]


def _inner(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _note_places(node: yaml.Node, keys: Keys, places: dict[Keys, Place]) -> None:
    places[keys] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _note_places(value, (*keys, str(key.value)), places)
    elif isinstance(node, yaml.SequenceNode):
        for at, value in enumerate(node.value):
            _note_places(value, (*keys, at), places)
