"""Where the events of a run come from: seeds, boundaries, drawn examples, mutants of what showed something new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from random import Random

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.behaviour import Signature
from fnfuzz.fuzz.boundaries import boundaries
from fnfuzz.fuzz.dictionary import Dictionary
from fnfuzz.fuzz.mutate import Mutator, splice
from fnfuzz.fuzz.tree import Tree, to_event, to_tree

__all__ = ["FunctionSource", "event_sources", "share"]

Source = Callable[[Function, int, int], Iterable[Event]]
GROUP = "fnfuzz.events"
DRAWN = 120
POOL = 400


def event_sources() -> dict[str, Source]:
    """The registered event sources by name, in name order."""
    return {entry.name: entry.load() for entry in sorted(entry_points(group=GROUP), key=lambda item: item.name)}


@dataclass(slots=True)
class _Seed:
    tree: Tree
    base: Event
    chosen: int = 0
    cost: float = 0.0


@dataclass(slots=True)
class FunctionSource:
    """The stream of events for one function; a function of seed, function and feedback only."""

    function: Function
    words: Dictionary
    seed: int
    sources: dict[str, Source]
    seeds: tuple[Event, ...] = ()
    cases: int = 0
    rejected: int = 0
    seconds: float = 0.0
    stale: int = 0
    """Cases since the last new behaviour."""

    _pool: list[_Seed] = field(default_factory=list)
    _known: set[Signature] = field(default_factory=set)
    _boundaries: Iterator[Event] | None = None
    _drawn: list[Event] | None = None
    _random: Random = field(default_factory=Random)
    _mutator: Mutator | None = None

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}:{self.function.name}:{self.function.trigger}")
        self._mutator = Mutator(self._random, self.words)

    def load_seeds(self) -> tuple[Event, ...]:
        """The events to begin with: a plain one, then those of every registered source named ``seeds``."""
        if not self.seeds:
            hand_picked = self.sources["seeds"](self.function, 50, self.seed) if "seeds" in self.sources else ()
            plain = (typical_event(self.function), *hand_picked)
            self.seeds = tuple(dict.fromkeys((*plain, *elsewhere(plain, self.function, self.words))))
        return self.seeds

    def next_boundary(self) -> Event | None:
        """The next boundary event, or None when all were told."""
        if self._boundaries is None:
            self._boundaries = boundaries(self.load_seeds(), self.function, self.words, self.seed)
        return next(self._boundaries, None)

    def next_explored(self) -> Event:
        """A drawn example now and then, otherwise a mutant of an event that showed something new."""
        random = self._random
        if self._drawn is None:
            self._drawn = self._draw()
        if self._drawn and random.random() < 0.2:
            return self._drawn.pop()
        assert self._mutator is not None
        for _ in range(20):
            parent = self._choose()
            tree = self._mutator.mutate(parent.tree)
            if random.random() < 0.1 and len(self._pool) > 1:
                tree = splice(tree, random.choice(self._pool).tree, random)
            event = to_event(tree, parent.base, self.function)
            if event is not None:
                return event
        return random.choice(self.load_seeds())

    def learn(self, event: Event, seen: Signature, elapsed: float, rejected: bool) -> bool:
        """Take the result of a case; True when its behaviour is new."""
        self.cases += 1
        self.seconds += elapsed
        self.rejected += rejected
        if seen in self._known:
            self.stale += 1
            return False
        self.stale = 0
        self._known.add(seen)
        if len(self._pool) < POOL:
            self._pool.append(_Seed(to_tree(event, self.function), event, cost=elapsed))
        return True

    @property
    def behaviours(self) -> int:
        """How many different behaviours were seen."""
        return len(self._known)

    def _draw(self) -> list[Event]:
        drawn: list[Event] = []
        for name, source in self.sources.items():
            if name != "seeds":
                drawn += source(self.function, DRAWN, self.seed)
        drawn.reverse()
        return drawn

    def _choose(self) -> _Seed:
        """Events that were mutated seldom so far come first; the newest more often than the old ones."""
        if not self._pool:
            self._pool = [_Seed(to_tree(event, self.function), event) for event in self.load_seeds()]
        picks = [self._random.choice(self._pool) for _ in range(3)]
        best = min(picks, key=lambda item: item.chosen)
        best.chosen += 1
        return best


def elsewhere(events: Iterable[Event], function: Function, words: Dictionary) -> Iterator[Event]:
    """Where the route leaves the path open: the same events at every path that the handler's own source names."""
    if function.trigger != "http" or not ("{*" in function.route or function.contract == "fc-web"):
        return
    prefix = f"/{function.route_prefix.strip('/')}" if function.route_prefix and function.contract != "fc-web" else ""
    kept = [event for event in events if isinstance(event, HttpEvent)]
    for path in words.paths:
        full = path if path.startswith(prefix + "/") else prefix + path
        yield from (replace(event, path=full) for event in kept)


def share(sources: list[FunctionSource]) -> FunctionSource:
    """The function whose turn it is: the one that got the least time, weighed by how long it has shown nothing new."""
    return min(sources, key=lambda item: (item.seconds + item.cases * 1e-4) * (1 + min(item.stale, 2000) / 500))
