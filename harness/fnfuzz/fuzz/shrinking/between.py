"""Events between a small one that is nearly enough for a failure and a large one that surely is: with texts a little
longer than those of the small one. What takes twice as long with each letter needs a few letters more, not all.
"""

from __future__ import annotations

from collections.abc import Iterator

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.trees.tree import leaves, put, to_event, to_tree

__all__ = ["between"]

LONGER = (6, 12)
"""So many characters more, which is 64 and 4,096 times as long."""


def between(small: Event, large: Event, function: Function) -> Iterator[Event]:
    """``small`` with each text that is longer in ``large`` some characters longer, the fewest first."""
    tree, whole = to_tree(small, function), dict(leaves(to_tree(large, function)))
    texts = [(path, text, whole.get(path)) for path, text in leaves(tree) if isinstance(text, str)]
    for more in LONGER:
        changed = tree
        for path, text, long in texts:
            if isinstance(long, str) and len(long) > len(text) + more:
                changed = put(changed, path, long[: len(text) + more])
        event = to_event(changed, small, function) if changed is not tree else None
        if event is not None:
            yield event
