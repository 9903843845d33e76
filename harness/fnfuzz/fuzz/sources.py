"""Where the events of a run come from: seeds, boundaries, drawn examples, mutants of what showed something new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from random import Random

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.fuzz.behaviour import Signature
from fnfuzz.fuzz.boundaries import boundaries
from fnfuzz.fuzz.dictionary import Dictionary
from fnfuzz.fuzz.mutate import Mutator, splice
from fnfuzz.fuzz.tree import Tree, to_event, to_tree

__all__ = ["FunctionSource", "event_sources", "share"]

Source = Callable[[Function, int, int], Iterable[Event]]
GROUP = "fnfuzz.events"
SEEDS, DRAWN = 50, 120
POOL = 400
POOL_BYTES = 16 * 1024 * 1024
"""The mutable events together, as bytes of payload; trees take some ten times as much."""

MAX_BEHAVIOURS = 100_000
"""So many different behaviours are told apart; an echoing handler has one for each event."""

PATH_EVENTS = 14
"""How many of the seeds are tried at each path that the sources name."""


def event_sources() -> dict[str, Source]:
    """The registered event sources by name, in name order."""
    return {entry.name: entry.load() for entry in sorted(entry_points(group=GROUP), key=lambda item: item.name)}


@dataclass(slots=True)
class _Seed:
    tree: Tree
    base: Event
    chosen: int = 0


@dataclass(slots=True)
class FunctionSource:
    """The stream of events for one function; a function of seed, function and feedback only."""

    function: Function
    words: Dictionary
    seed: int
    sources: Mapping[str, Source]
    cases: int = 0
    rejected: int = 0
    seconds: float = 0.0
    stale: int = 0
    """Cases since the last new behaviour."""

    _seeds: tuple[Event, ...] = ()
    _pool: list[_Seed] = field(default_factory=list)
    _pool_bytes: int = 0
    _known: set[Signature] = field(default_factory=set)
    _boundaries: Iterator[Event] | None = None
    _drawn: list[Event] | None = None
    _random: Random = field(init=False)
    _mutator: Mutator = field(init=False)

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}:{self.function.name}:{self.function.trigger}")
        self._mutator = Mutator(self._random, self.words)

    def load_seeds(self) -> tuple[Event, ...]:
        """The events to begin with: a plain one, then those of every registered source named ``seeds``."""
        if not self._seeds:
            plain = (typical_event(self.function), *self._from("seeds", SEEDS))
            self._seeds = tuple(dict.fromkeys((*plain, *elsewhere(plain, self.function, self.words))))
        return self._seeds

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
        if seen in self._known or len(self._known) >= MAX_BEHAVIOURS:
            self.stale += 1
            return False
        self.stale = 0
        self._known.add(seen)
        self._keep(event)
        return True

    def _keep(self, event: Event) -> None:
        """Put the event into the pool; a full one lets go of any other."""
        self._pool.append(_Seed(to_tree(event, self.function), event))
        self._pool_bytes += weight(event)
        while len(self._pool) > POOL or (self._pool_bytes > POOL_BYTES and len(self._pool) > 1):
            gone = self._pool.pop(self._random.randrange(len(self._pool) - 1))
            self._pool_bytes -= weight(gone.base)

    @property
    def behaviours(self) -> int:
        """How many different behaviours were seen."""
        return len(self._known)

    def _draw(self) -> list[Event]:
        drawn = [event for name in self.sources if name != "seeds" for event in self._from(name, DRAWN)]
        drawn.reverse()
        return drawn

    def _from(self, name: str, count: int) -> Iterator[Event]:
        """The events of one source, of the function's own trigger only."""
        source = self.sources.get(name)
        events = source(self.function, count, self.seed) if source else ()
        return (event for event in events if event.trigger == self.function.trigger)

    def _choose(self) -> _Seed:
        """Events that were mutated seldom so far come first; the newest more often than the old ones."""
        if not self._pool:
            for event in self.load_seeds():
                self._keep(event)
        picks = [self._random.choice(self._pool) for _ in range(3)]
        best = min(picks, key=lambda item: item.chosen)
        best.chosen += 1
        return best


def elsewhere(events: Iterable[Event], function: Function, words: Dictionary) -> Iterator[Event]:
    """Where the route leaves the path open: some of the events at every path that the handler's own source names."""
    if function.trigger != "http" or not any(part.rest for part in route_of(function).parameters):
        return
    prefix = f"/{function.route_prefix.strip('/')}" if function.route_prefix and function.contract != "fc-web" else ""
    kept = unlike([event for event in events if isinstance(event, HttpEvent)])[:PATH_EVENTS]
    for path in words.paths:
        full = path if path.startswith(prefix + "/") else prefix + path
        if route_of(function).values(full) is not None:
            yield from (replace(event, path=full) for event in kept)


def unlike(events: Iterable[HttpEvent]) -> list[HttpEvent]:
    """The first event of each method, of each set of parameters, of each media type with or without a body."""
    found: dict[object, HttpEvent] = {}
    for event in events:
        media = next((value for name, value in event.headers if name.lower() == "content-type"), "")
        found.setdefault((event.method, tuple(name for name, _ in event.query), bool(event.body), media), event)
    return list(found.values())


def weight(event: Event) -> int:
    """The bytes of the event's payload."""
    match event:
        case HttpEvent() | RawEvent():
            return len(event.body)
        case QueueEvent():
            return len(event.message)
        case BlobEvent():
            return len(event.content)
        case TimerEvent():
            return len(event.payload)


def share(sources: Sequence[FunctionSource], *, by_time: bool) -> FunctionSource:
    """The function whose turn it is: the one that got the least, weighed by how long it has shown nothing new.

    ``by_time`` counts its seconds, so that slow functions do not starve the quick ones; otherwise its cases, so that a
    run can be repeated case by case.
    """

    def got(source: FunctionSource) -> float:
        spent = source.seconds + source.cases * 1e-4 if by_time else float(source.cases)
        return spent * (1 + min(source.stale, 2000) / 500)

    return min(sources, key=got)
