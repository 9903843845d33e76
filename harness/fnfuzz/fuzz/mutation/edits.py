"""Small edits of what is right otherwise: a separator twice, a bracket or a quote too many, an option behind the words,
one byte that is no UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import TypeAlias

import orjson

from fnfuzz.fuzz.trees.tree import PAYLOADS, Path, Tree, leaves, payload_bytes, put
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["commands", "edit", "edited", "edits", "escaped", "ill_coded", "options", "spoilt"]

Edit: TypeAlias = Callable[[str], str]

SEPARATORS = " ,;-/.:|\t_@"
EDITS: Sequence[Edit] = (
    lambda text: f"{text}]",
    lambda text: f"{text} -h",
    lambda text: f"[{text}]",
    lambda text: f"{{{text}}}",
    lambda text: f"{text} --help",
    lambda text: f"{text}\\",
    lambda text: _before_ending(text, "%"),
    lambda text: _before_ending(text, "%E4"),
    lambda text: f'{text}"',
    lambda text: f"{text}'",
    lambda text: f"{text} ",
    lambda text: f" {text}",
    lambda text: f"[{text}",
    lambda text: f"{{{text}",
    lambda text: f'"{text}',
    lambda text: f"{text}}}",
    lambda text: f"{text})",
    lambda text: f"({text}",
    lambda text: f'"{text}"',
    lambda text: f"-{text}",
    lambda text: f"{text} --",
    lambda text: f"{text}\t{text}",
)
"""Texts that another layer takes for JSON, a quotation, an escape (the percent signs end in nothing, or in half a
character) or an option.
"""

FIRST_EDITS = 8

DIGITS = re.compile(r"[0-9]{1,12}")
MAX_RUNS = 4
"""So many runs of digits get another number: one that is octal and none with a leading zero, none, the largest."""

ALONE = ("]", "-h", "--help", "\\", '"', "[", "{", "}", " ", "  ", "-")
JOINED = ("  ", ",,", "//", "--", " ", "..", "::")
"""Between two copies of a text that has no separator of its own."""

MAX_EDITED, MAX_PLACES, MAX_LONG = 240, 12, 4096
"""Edits of one tree, its texts that are edited, the characters of such a text."""

ILL_CODED = (b"\xfc", b"\xff", b"\xe2\x82", b"\xc3")
"""ISO 8859-1 for a letter that UTF-8 writes in two bytes, a byte that it never has, and characters that are cut off."""

ESCAPES = ("\\ud800", "a\\udc00b", "\\u0000")
"""Halves of a surrogate pair, which JSON can write and UTF-8 cannot."""

PLACEHOLDER = "yqzxwvkjhgfd"
FIELD = re.compile(rb"[A-Za-z\x80-\xff][\w\x80-\xff]*|[0-9]+")
MAX_FIELDS, MAX_SPOILT = 10, 64 * 1024
COMMAND = re.compile(r"[/!.][a-z][\w-]{1,24}\Z")
OPTION = re.compile(r"--?[a-z][\w-]{0,24}\Z")
ARGUMENTS = ("-h", "--help", "", "a", "1 -h", '"', "\\", "--", "a  b", "-")
MAX_COMMANDS, MAX_OPTIONS = 10, 8
ENDING = ("-h", "--help", "--version")


def edits(text: str) -> Iterator[str]:
    """All small edits of a text, the likeliest to matter first; a few dozens."""
    found = [mark for mark in SEPARATORS if mark in text]
    yield from (text.replace(mark, mark * 2, 1) for mark in found)
    yield from (change(text) for change in EDITS[:FIRST_EDITS])
    yield from _renumbered(text)
    yield from (f"{text}{mark}{text}" for mark in (JOINED if not found else ()))
    for mark in found:
        yield f"{text}{mark}"
        yield f"{mark}{text}"
        yield text.replace(mark, "", 1)
        before, _, after = text.rpartition(mark)
        yield f"{before}{mark * 2}{after}"
        yield mark.join(("", *text.split(mark)[1:]))
    yield from (change(text) for change in EDITS[FIRST_EDITS:])
    yield from ALONE


def _before_ending(text: str, what: str) -> str:
    """The text with something before what a name of a file ends with, or behind it."""
    stem, dot, ending = text.rpartition(".")
    return f"{stem}{what}{dot}{ending}" if stem and ending.isalnum() and len(ending) < 6 else f"{text}{what}"


def _renumbered(text: str) -> Iterator[str]:
    """The text with another number in the place of each run of digits, as many digits long."""
    for match in islice(DIGITS.finditer(text), MAX_RUNS):
        length = match.end() - match.start()
        for digits in ("8".rjust(length, "0"), "0" * length, "9" * length):
            if digits != match[0]:
                yield f"{text[: match.start()]}{digits}{text[match.end() :]}"


def edit(text: str, random: Random) -> str:
    """One of them."""
    chance = random.random()
    if chance < 0.5:
        mark = SEPARATORS[int(chance * 2 * len(SEPARATORS))]
        at = text.find(mark)
        if at < 0:
            return f"{text}{JOINED[int(random.random() * len(JOINED))]}{text}" if chance < 0.1 else f"{text}{mark}"
        at = at if random.random() < 0.5 else text.rfind(mark)
        return f"{text[:at]}{mark}{text[at:]}"
    return EDITS[int((chance - 0.5) * 2 * len(EDITS))](text)


def edited(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Each text with each small edit, the texts in turn."""
    texts = [
        (path, value)
        for path, value in leaves(tree, 500)
        if isinstance(value, str)
        and path[0] not in ("method", "headers", "content_type")
        and 0 < len(value) <= MAX_LONG
    ]
    # Names of query parameters are no texts.
    texts = [(path, value) for path, value in texts if not (path[0] in ("query", "metadata") and path[-1] == 0)]
    made = [_each_edit(tree, path, value) for path, value in texts[:MAX_PLACES]]
    yield from islice(in_turn(made), MAX_EDITED)


def _each_edit(tree: Tree, path: Path, text: str) -> Iterator[Tree]:
    return (put(tree, path, other) for other in edits(text))


def commands(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Lines of commands that the source knows, with what asks for help, or with arguments that cannot be split."""
    told = list(dict.fromkeys((*words.keys, *words.texts)))
    known = [text for text in told if COMMAND.match(text)]
    if options(words):
        known += [text for text in words.keys if text.isidentifier() and text not in known]
    lines = [f"{name} {arguments}".rstrip(" ") for arguments in ARGUMENTS for name in known[:MAX_COMMANDS]]
    for key in PAYLOADS:
        if key in tree:
            yield from ({**tree, key: {"text": line}} for line in lines)


def options(words: Dictionary) -> Sequence[str]:
    """Options that end a program, and those of the source; none where it speaks of none, and no parser of command
    lines is at work.
    """
    told = dict.fromkeys(text for text in (*words.keys, *words.texts) if OPTION.match(text))
    return tuple(dict.fromkeys((*ENDING, *islice(told, MAX_OPTIONS)))) if told else ()


def escaped(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Each text of a JSON payload as an escape that JSON allows and UTF-8 cannot write, or as the null character."""
    for key in PAYLOADS:
        value = tree.get(key, {}).get("json")
        texts = [path for path, item in leaves(value, 500) if isinstance(item, str)][:MAX_FIELDS]
        for escape in ESCAPES:
            for path in texts:
                data = orjson.dumps(put(value, path, PLACEHOLDER))
                if len(data) <= MAX_SPOILT:
                    yield {**tree, key: {"text": data.decode("utf-8").replace(PLACEHOLDER, escape, 1)}}


def ill_coded(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Bytes that are no UTF-8 in each field of a payload; the messages of queues are text."""
    for key in ("body", "content"):
        data = _data(tree.get(key))
        fields = [match.span() for match in islice(FIELD.finditer(data), 400)]
        step = max(1, len(fields) // MAX_FIELDS)
        # From the end: what comes first is mostly a name or the head of a table.
        chosen = fields[::-1][::step][:MAX_FIELDS]
        for number, wrong in enumerate(ILL_CODED):
            for start, _ in chosen[: MAX_FIELDS >> number]:
                yield {**tree, key: {"bytes": data[: start + 1] + wrong + data[start + 1 :]}}


def spoilt(payload: Tree, random: Random) -> Tree:
    """A payload with one wrong byte anywhere in one of its fields; itself where it has none."""
    data = _data(payload)
    at = int(random.random() * len(data))
    match = FIELD.search(data, at) or FIELD.search(data)
    if match is None:
        return payload
    wrong = ILL_CODED[int(random.random() * len(ILL_CODED))]
    return {"bytes": data[: match.start() + 1] + wrong + data[match.start() + 1 :]}


def _data(payload: Tree | None) -> bytes:
    """The bytes of a payload; empty for one that is too long or that no bytes are made of."""
    try:
        data = payload_bytes(payload) if payload else b""
    except (TypeError, ValueError):
        return b""
    return data if len(data) <= MAX_SPOILT else b""
