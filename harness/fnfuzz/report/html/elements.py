"""HTML and SVG made of elements. The one place where text becomes markup, so that nothing is ever written unescaped.

Text is shown on one line, as ``visible`` does it: what a browser would act on, control characters and marks of
direction among it, is an escape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final, TypeAlias

from fnfuzz.report.visible import visible

__all__ = ["Child", "Html", "document", "element", "join", "style_sheet"]

_NAME: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*\Z")
_VOID: Final = frozenset(("meta", "br"))
_RAW: Final = frozenset(("script", "style"))
"""Elements whose text no escape protects."""


class Html:
    """Markup that is safe as it is. Only the functions of this file make it."""

    __slots__ = ("_markup",)

    def __init__(self, markup: str) -> None:
        self._markup = markup

    def __str__(self) -> str:
        return self._markup

    def __len__(self) -> int:
        return len(self._markup)


Child: TypeAlias = "Html | str | int | Iterable[Child] | None"
"""What stands in an element: a text or a number is escaped, None is nothing."""


def element(tag: str, /, *children: Child, **attributes: str | float | None) -> Html:
    """``<tag ...>children</tag>``; attributes are named as in Python (``class_``, ``aria_label``), None leaves one out.

    Raises ValueError for a name that no text of ours has, and for a script or a style.
    """
    if not _NAME.match(tag) or tag in _RAW:
        raise ValueError(f"{tag!r} is no element of a report")
    head = "".join([tag, *(_attribute(name, value) for name, value in attributes.items() if value is not None)])
    inside = str(join(children))
    return Html(f"<{head}>" if tag in _VOID else f"<{head}>{inside}</{tag}>")


def join(children: Iterable[Child], between: str = "") -> Html:
    """Children one after another, with the text ``between`` them (a line feed stays one)."""
    return Html(escape(between).join(part for child in children if (part := _markup(child)) is not None))


def style_sheet(css: str) -> Html:
    """A style sheet of ours. Raises ValueError for one that could end its element or load anything."""
    if "<" in css or "url(" in css or "@import" in css:
        raise ValueError("the style sheet may hold neither markup nor addresses")
    return Html(f"<style>\n{css}</style>")


def document(head: Iterable[Child], body: Iterable[Child]) -> Html:
    """The whole page, in pure ASCII, so that no encoding can be mistaken."""
    page = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{join(head, chr(10))}\n</head>\n'
        f"<body>\n{join(body, chr(10))}\n</body>\n</html>\n"
    )
    return Html(page.encode("ascii", "xmlcharrefreplace").decode("ascii"))


def _markup(child: Child) -> str | None:
    if child is None:
        return None
    if isinstance(child, Html):
        return str(child)
    if isinstance(child, (str, int)):
        return escape(visible(str(child)))
    return str(join(child))


def _attribute(name: str, value: str | float) -> str:
    name = name.rstrip("_").replace("_", "-")
    if not _NAME.match(name) or name.lower().startswith("on") or name == "style":
        raise ValueError(f"{name!r} is no attribute of a report")
    return f' {name}="{escape(visible(str(value)))}"'
