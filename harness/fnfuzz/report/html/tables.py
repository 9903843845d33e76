"""Tables that say what they are, and scroll by themselves where the page is narrow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fnfuzz.report.html.elements import Child, Html, element
from fnfuzz.report.visible import cut_middle

__all__ = ["badge", "table"]

MAX_CELL = 1000
"""Characters of a text in a cell that are shown."""

Kind = str
"""How a column is set: empty for text, ``number``, ``word`` (never folded), ``wide``."""

_SIGNS = {"error": "✖", "warning": "▲", "ok": "✔", "quiet": "–", "going": "…"}


def badge(tone: str, word: str) -> Html:
    """A word with a sign and a colour: error, warning, ok, quiet or going."""
    return element("span", element("span", _SIGNS[tone], aria_hidden="true"), " ", word, class_=f"badge {tone}")


def table(name: str, caption: Child, columns: Sequence[tuple[str, Kind]], rows: Iterable[Sequence[Child]]) -> Html:
    """``columns`` are (heading, kind) pairs; the first cell of each row names it. ``name`` is unique in the page."""
    rows = [[cut_middle(cell, MAX_CELL) if isinstance(cell, str) else cell for cell in row] for row in rows]
    heads = [element("th", heading, scope="col", class_=kind or None) for heading, kind in columns]
    body = [
        element(
            "tr",
            *(
                element("td" if at else "th", cell, scope=None if at else "row", class_=columns[at][1] or None)
                for at, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    whole = element(
        "table",
        element("caption", caption, id=f"{name}-caption"),
        element("thead", element("tr", heads)),
        element("tbody", body),
    )
    return element("div", whole, class_="scroll", role="region", tabindex=0, aria_labelledby=f"{name}-caption")
