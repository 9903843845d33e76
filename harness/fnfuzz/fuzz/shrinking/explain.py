"""What matters in the smallest case: each part of it is changed a few times, and it is told what then still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal, TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.shrinking.reduction import Budget, Spent, text_of
from fnfuzz.fuzz.trees.places import HOLDERS, Inside, NameOf, Place, Steps, places, put_all, said, without
from fnfuzz.fuzz.trees.readings import Reading, readings
from fnfuzz.fuzz.trees.tree import METHODS, PAYLOADS, Tree

__all__ = ["Part", "Verdict", "explain", "most_alike"]

Verdict: TypeAlias = Literal["any", "only", "some"]
"""any: every other value that was tried fails too. only: none does. some: some do, the text tells which."""

MAX_SHOWN = 24
"""Characters of a value that are told."""

MAX_PARTS = 40
COMPARED = 4096
"""Characters of an event by which it is compared with others."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the smallest case, or equal items of a list together.

    ``path`` names it in words (``items[0].qty``, ``items[*]``), ``text`` tells what happens when it is changed, and
    ``absent`` what happens without it: fails, passes, or nothing where it cannot be left out or was not tried.
    ``spots`` are its paths in the event's tree: keys and positions, a format inside a text as ``(json)``, the name of a
    member as ``name of KEY``. ``usual`` is True for a part that is as it is by default.
    """

    path: str
    verdict: Verdict
    text: str
    absent: Literal["fails", "passes", ""] = ""
    spots: tuple[tuple[str | int, ...], ...] = ()
    usual: bool = False

    @property
    def is_name(self) -> bool:
        """Is it the name of a member, a header or a pair?"""
        return self.path.startswith("name of ")


def explain(event: Event, function: Function, fails: Callable[[Event], bool], budget: Budget) -> tuple[Part, ...]:
    """A part for each value in ``event``, in its order, as far as the budget goes; ``event`` itself is taken to fail.

    The values that are tried are always the same ones.
    """
    reading = next(
        item for item in readings(event, function) if item.event(item.tree, event, function) in (event, None)
    )
    trial = _Trial(reading, event, function, fails, budget)
    parts: list[Part] = []
    try:
        for slot in _slots(reading.tree):
            part = _explained(trial, slot)
            if part is not None:
                parts.append(part)
            if len(parts) >= MAX_PARTS:
                break
    except Spent:
        pass
    return tuple(parts)


@dataclass(slots=True)
class _Trial:
    reading: Reading
    event: Event
    function: Function
    fails: Callable[[Event], bool]
    budget: Budget
    seen: dict[Event, bool] = field(default_factory=dict)

    def verdict(self, tree: Tree | None) -> bool | None:
        """Does this one fail? None when it is no other event that a host could send. Raises Spent."""
        event = self.reading.event(tree, self.event, self.function) if tree is not None else None
        if event is None or event == self.event:
            return None
        if event not in self.seen:
            if self.budget.spent:
                raise Spent
            self.budget.used += 1
            self.seen[event] = self.fails(event)
        return self.seen[event]

    def each(self, slot: _Slot, values: Iterable[Any]) -> list[tuple[Any, bool]]:
        """Which values fail at the slot; those that cannot be sent are left out."""
        found = [
            (value, self.verdict(put_all(self.reading.tree, [(item.path, value) for item in slot]))) for value in values
        ]
        return [(value, fails) for value, fails in found if fails is not None]


_Slot: TypeAlias = tuple[Place, ...]


def _slots(tree: Tree) -> list[_Slot]:
    """The places that say something on their own, equal items of a list together; what a text stands for rather than
    the text.
    """
    found = _of_note(places(tree))
    looked_into = {place.path[:at] for place in found for at, step in enumerate(place.path) if isinstance(step, Inside)}
    slots: dict[Any, list[Place]] = {}
    for place in found:
        if place.kind in ("payload", "pair", "row", "fixed") or place.path in looked_into or not place.is_leaf:
            continue
        if place.value in ([], {}) and place.kind != "json":
            continue
        listed = isinstance(place.path[-1], int) and place.kind in ("json", "text") and len(place.path) > 2
        same = (place.path[:-1], type(place.value), repr(place.value)) if listed else place.path
        slots.setdefault(same, []).append(place)
    return [tuple(slot) for slot in slots.values()]


def _of_note(found: Sequence[Place]) -> list[Place]:
    """Without the one part of what is only a path when it is taken for a URL."""
    bare = {place.path for place in found if place.kind == "fields" and len(place.value) == 1}
    return [place for place in found if not any(place.path[:at] in bare for at in range(1, len(place.path) + 1))]


def _explained(trial: _Trial, slot: _Slot) -> Part | None:
    place = slot[0]
    judged = _judged(trial, slot)
    if judged is None:
        return None
    verdict, text = judged
    absent = "" if place.kind == "name" else _without(trial, place)
    return Part(
        path=_named(slot, trial.reading.tree),
        verdict=verdict,
        text=f"{text}; absent {absent}" if absent else text,
        absent=absent,
        spots=tuple(tuple(_plain(step) for step in item.path) for item in slot),
        usual=(place.path, place.value) in _USUAL,
    )


_USUAL: Sequence[tuple[Steps, Any]] = (
    (("method",), "GET"),
    (("dequeue_count",), 1),
    (("past_due",), False),
    (("content_type",), "application/octet-stream"),
    (("payload",), ""),
)


def _named(slot: _Slot, tree: Tree) -> str:
    path = slot[0].path
    if slot[0].kind == "name":
        return f"name of {said(path, tree)}"
    return said((*path[:-1], "[*]"), tree) if len(slot) > 1 else said(path, tree)


def _plain(step: str | int | Inside | NameOf) -> str | int:
    match step:
        case Inside():
            return f"({step.kind})"
        case NameOf():
            return f"name of {step.key}"
        case _:
            return step


def _without(trial: _Trial, place: Place) -> Literal["fails", "passes", ""]:
    """What happens when the member, item or pair is left out, or the whole payload is empty."""
    path, tree = place.path, trial.reading.tree
    if path[0] in PAYLOADS and len(path) == 2:
        fails = trial.verdict({**tree, str(path[0]): {"text": ""}})
    else:
        member = _member(tree, path)
        fails = trial.verdict(without(tree, [member])) if member else None
    return "" if fails is None else "fails" if fails else "passes"


def _member(tree: Tree, path: Steps) -> Steps:
    """The path of what can be left out, the pair for its value; empty for what has to be there."""
    kinds = {place.path: place.kind for place in places(tree)}
    while len(path) > 1:
        if isinstance(path[-1], Inside) or kinds.get(path[:-1]) == "pair":
            path = path[:-1]
        else:
            return path if kinds.get(path[:-1]) in HOLDERS else ()
    return ()


# -- values

_Judged: TypeAlias = tuple[Verdict, str]
_OTHERS: Sequence[Any] = (None, True, False, 7, "text", [7], {"a": 7})


def _judged(trial: _Trial, slot: _Slot) -> _Judged | None:
    place = slot[0]
    value = place.value
    if place.kind == "name":
        return _summed(trial.each(slot, [item for item in ("b", "other name") if item != value]), "name")
    if place.path == ("method",):
        return _summed(trial.each(slot, [item for item in METHODS if item != value]))
    if place.path == ("dequeue_count",):
        return _summed(trial.each(slot, [item for item in (1, 2, 5) if item != value]))
    if place.path == ("content_type",):
        return _summed(trial.each(slot, [item for item in ("text/plain", "image/png") if item != value]))
    if isinstance(value, bool) or value is None or isinstance(value, (list, dict)):
        # Equal values of two types (0 and False) are different ones here.
        pool = _OTHERS[::-1] if isinstance(value, (list, dict)) else _OTHERS
        others = [item for item in pool if (type(item), item) != (type(value), value)]
        return _summed(trial.each(slot, others[:5]))
    if isinstance(value, (int, float)):
        return _number(trial, slot)
    if isinstance(value, (str, bytes)):
        return _text(trial, slot)
    return None


def _number(trial: _Trial, slot: _Slot) -> _Judged | None:
    value, far = slot[0].value, abs(slot[0].value) * 10 + 7
    seen = trial.each(slot, [value - 1, -far, value + 1, far])
    less = [fails for item, fails in seen if item < value]
    more = [fails for item, fails in seen if item > value]
    if all(more) and more and less and not any(less):
        return "some", f"fails when it is {_from(value)}"
    if all(less) and less and more and not any(more):
        return "some", f"fails when it is {_up_to(value)}"
    others = trial.each(slot, ("text", None)) if slot[0].kind == "json" else []
    if less and more and all(less) and all(more) and others and not any(fails for _, fails in others):
        return "some", "any number fails, text and null pass"
    return _summed([*seen, *others])


def _from(value: float) -> str:
    return f"greater than {value - 1}" if isinstance(value, int) and value > 0 else f"{value} or greater"


def _up_to(value: float) -> str:
    return f"less than {value + 1}" if isinstance(value, int) and value < 0 else f"{value} or less"


def _text(trial: _Trial, slot: _Slot) -> _Judged | None:
    """By length, if it is that which matters, else by the values that were tried."""
    value = slot[0].value
    letters: Sequence[Any] = (
        (b"b", b"\xfe") if isinstance(value, bytes) else ("7", "b") if value.isdecimal() else ("b", "é")
    )
    count = len(value)
    same = trial.each(slot, [letter * count for letter in letters if count and letter * count != value])
    longer = trial.each(slot, [value + letters[0], letters[0] * (count + 9)])
    shorter = trial.each(slot, dict.fromkeys((value[:-1], value[:0])) if count else ())
    as_long, more, fewer = ([fails for _, fails in some] for some in (same, longer, shorter))
    if all(as_long) and all(more) and more and fewer and not any(fewer):
        unit = "bytes" if isinstance(value, bytes) else "characters"
        return "some", f"fails when it has {count} {unit} or more" if count > 1 else "fails when it is not empty"
    others = trial.each(slot, (7, None)) if slot[0].kind == "json" else []
    if all((*as_long, *more, *fewer)) and more and others and not any(fails for _, fails in others):
        return "some", "any text fails, a number and null pass"
    return _summed([*same, *longer, *shorter, *others])


def _summed(seen: Sequence[tuple[Any, bool]], what: str = "value") -> _Judged | None:
    """The verdict over values and whether each fails."""
    if not seen:
        return None
    fails, passes = ([_shown(item) for item, failed in seen if failed is wanted] for wanted in (True, False))
    if not passes:
        return "any", f"any {what} fails, {len(fails)} tried"
    if not fails:
        return "only", f"only this {what} fails, {len(passes)} other{'s pass' if len(passes) > 1 else ' passes'}"
    return "some", f"{', '.join(fails[:3])} {_verb('fail', fails)} too, {', '.join(passes[:3])} {_verb('pass', passes)}"


def _verb(word: str, subjects: Sequence[str]) -> str:
    return word if len(subjects) > 1 else f"{word}{'es' if word.endswith('s') else 's'}"


def _shown(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 4]}...{text[-1]}"


def most_alike(event: Event, others: Iterable[Event]) -> Event | None:
    """That one of ``others`` whose text has the fewest other characters than that of ``event``, of those the one that
    begins like it the longest: a value rather than its name is another one. None without any.
    """
    text = text_of(event)[:COMPARED]
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(text)

    def unlike(other: Event) -> tuple[int, int]:
        its = text_of(other)
        matcher.set_seq1(its[:COMPARED])
        both = len(text) + min(len(its), COMPARED)
        return round((1 - matcher.quick_ratio()) * both), -next(
            (at for at, (one, two) in enumerate(zip(text, its, strict=False)) if one != two), len(text)
        )

    return min(others, key=unlike, default=None)
