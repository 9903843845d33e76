"""Bodies of forms that are sent in parts (multipart/form-data), right ones and ones that clients get wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from fnfuzz.fuzz.trees.tree import BODILESS, Tree, with_header
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["PARTS_TYPE", "field_names", "in_parts", "members", "multipart", "resent", "sent"]

MARK = "x"
PARTS_TYPE = f"multipart/form-data; boundary={MARK}"
END = "\r\n"
MAX_FIELDS, MAX_MEMBERS = 8, 24
FILE = 'form-data; name="{name}"; filename="{file}"'


def in_parts(fields: Mapping[str, str]) -> Tree:
    """A good body of these fields, as a payload; ``PARTS_TYPE`` is its media type."""
    return {"text": _body([(_head(name), value) for name, value in fields.items()])}


def field_names(words: Dictionary) -> Sequence[str]:
    """What a form's fields could be called: what the source asks for."""
    return tuple(name for name in (words.asked or words.names)[:MAX_FIELDS] if '"' not in name) or ("name", "file")


def multipart(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Forms in parts where the source speaks of them, right ones first."""
    if not words.multipart or "headers" not in tree or tree.get("method") in BODILESS:
        return
    for kind, body in _bodies(field_names(words)):
        yield sent(tree, {"bytes": body} if isinstance(body, bytes) else {"text": body}, kind)


def resent(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """What a body of another format holds as a form in parts, also with a part that has no name, or with a file."""
    fields = list(members(tree).items()) if words.multipart and "headers" in tree else []
    if not fields:
        return
    parts = [(_head(name), value) for name, value in fields]
    yield sent(tree, {"text": _body(parts)})
    yield sent(tree, {"text": _body([*parts, ("Content-Disposition: form-data", "1")])})
    yield from (sent(tree, {"text": _body([*parts, _file(name, "a.txt")])}) for name in field_names(words))


def members(tree: Tree) -> Mapping[str, str]:
    """The plain members of a tree's body as texts; none where it is no object and no form."""
    body = tree.get("body", {})
    value = {pair[0]: pair[1] for pair in body["form"]} if "form" in body else body.get("json")
    items = list(value.items())[:MAX_MEMBERS] if isinstance(value, dict) else []
    return {name: _plain(item) for name, item in items if '"' not in name and isinstance(item, (str, int, float))}


def sent(tree: Tree, body: Tree, kind: str = PARTS_TYPE) -> Tree:
    """The tree with another body of the media type ``kind``, so that the two stay in step."""
    return {**with_header(tree, "Content-Type", kind), "body": body}


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bodies(names: Sequence[str]) -> Iterator[tuple[str, str | bytes]]:
    one, two = names[0], names[-1]
    good = _body([(_head(one), "1"), (_head(two), "1")])
    yield from ((PARTS_TYPE, body) for body in _right(names))
    yield from ((PARTS_TYPE, _body(parts)) for parts in _odd_parts(one, two))
    yield from ((PARTS_TYPE, body) for body in _cut(good))
    yield from ((kind, good) for kind in _other_types())
    yield from (
        (PARTS_TYPE, _body([_file(name, "a.txt")]).encode().replace(b"a.txt", b"\xfc.txt")) for name in (one, two)
    )
    yield from (
        (PARTS_TYPE, good.encode().replace(b"1", wrong, 1)) for wrong in (b"\xfc", b"\xff\xd8\xff\x00", b"\x00")
    )


def _right(names: Sequence[str]) -> Iterator[str]:
    yield _body([(_head(names[0]), "1")])
    yield _body([(_head(name), "1") for name in names[:2]])
    yield _body([(_head(name), "1") for name in names])
    yield from (_body([_file(name, "a.txt")]) for name in names[:4])
    yield _body([*((_head(name), "a") for name in names[:-1]), _file(names[-1], "a.txt")])


def _odd_parts(one: str, two: str) -> Iterator[Sequence[tuple[str, str]]]:
    """Parts as they should not be; each head as it stands there, without its last line end."""
    for head in (
        "",
        "Content-Disposition: form-data",
        "Content-Type: text/plain",
        "Content-Disposition:",
        "Content-Disposition: form-data; name",
        "Content-Disposition: form-data; name=",
        'Content-Disposition: form-data; name=""',
        f"Content-Disposition: form-data; name={one}",
        f"Content-Disposition: form-data; name='{one}'",
        f'Content-Disposition: form-data; name="{one}',
        f"Content-Disposition: form-data; name*=UTF-8''{one}",
        'Content-Disposition: form-data; filename="a.txt"',
        f'Content-Disposition: attachment; name="{one}"',
        f'content-disposition:form-data;name="{one}"',
        f'Content-Disposition: form-data; name="{one}"\r\nno colon',
        "Content-Disposition: " + FILE.format(name=one, file=""),
        "Content-Disposition: " + FILE.format(name=one, file="../a"),
        f"Content-Disposition: form-data; name=\"{one}\"; filename*=UTF-8''%zz",
        f"{_head(one)}\r\nContent-Transfer-Encoding: base64",
        f"{_head(one)}\r\nContent-Type: application/json",
        f"{_head(one)}\r\nContent-Type: text/plain; charset=x",
    ):
        yield [(head, "1")]
    yield [(_head(one), "")]
    yield [(_head(one), "1"), (_head(one), "2")]
    yield [(_head(one), "1"), ("", "")]
    yield [(_head(two), "\r\n--"), (_head(one), "1")]


def _cut(good: str) -> Iterator[str]:
    """A good body with something missing, or too much."""
    last = f"--{MARK}--{END}"
    yield good.removesuffix(last)
    yield good.removesuffix(f"--{END}") + END
    yield f"--{MARK}{END}{last}"
    yield f"--{MARK}{END}{END}{last}"
    yield f"--{MARK}{END}{END}"
    yield from (last, f"--{MARK}", f"--{MARK}{END}", "--", f"--{MARK}{END}{_head('a')}", END)
    yield good.replace(END, "\n")
    yield good.replace(END * 2, END, 1)
    yield good[: len(good) // 2]
    yield f"preamble{END}{good}epilogue"
    yield END + good
    yield good.replace(f"--{MARK}", f"--{MARK}y")
    yield good.removesuffix(END)


def _other_types() -> Iterator[str]:
    """Media types that clients give a good body."""
    yield f'multipart/form-data; boundary="{MARK}"'
    yield f"multipart/form-data; charset=utf-8; boundary={MARK}"
    yield f"multipart/form-data;boundary={MARK};"
    yield f"Multipart/Form-Data; Boundary={MARK}"
    yield from (f"multipart/{kind}; boundary={MARK}" for kind in ("mixed", "related"))
    yield from ("multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""')
    yield from ('multipart/form-data; boundary="', "multipart/form-data; boundary=y", f"boundary={MARK}")


def _head(name: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"'


def _file(name: str, file: str) -> tuple[str, str]:
    return f"Content-Disposition: {FILE.format(name=name, file=file)}{END}Content-Type: text/plain", "a"


def _body(parts: Sequence[tuple[str, str]]) -> str:
    told = (f"--{MARK}{END}{head}{END if head else ''}{END}{content}{END}" for head, content in parts)
    return "".join(told) + f"--{MARK}--{END}"
