"""Where the events of a run come from: seeds, boundaries, drawn examples, mutants of what showed something new."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from fnfuzz.app.model import Function
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.behaviour import Signature
from fnfuzz.fuzz.feeds import Source
from fnfuzz.fuzz.learnt import ANSWERS, LATENCIES, MAX_BEHAVIOURS, MAX_WAYS, Kept, SourceState
from fnfuzz.fuzz.mutation.boundaries import boundaries
from fnfuzz.fuzz.mutation.chase import Chase
from fnfuzz.fuzz.mutation.hints import Hints
from fnfuzz.fuzz.mutation.mutate import Mutator, splice
from fnfuzz.fuzz.mutation.rounds import Rounds
from fnfuzz.fuzz.pool import Pool, Worth
from fnfuzz.fuzz.refusals import Refusals
from fnfuzz.fuzz.seeding import drawn_events, seed_events
from fnfuzz.fuzz.stream import FunctionTally
from fnfuzz.fuzz.telling import Telling
from fnfuzz.fuzz.trees.tree import Tree, payload, payload_bytes, payload_tree, to_event
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["FunctionSource", "share"]

MAX_SENT = 100_000
MORE, LESS, MOST_MORE = 0.05, 0.1, 3.0
"""A mutant that was sent before makes later ones take so many steps more, any other one so many less."""

SIBLINGS = 4
"""Mutants that are made of one mutant, each by one step more."""

MAX_REFUSALS = 400
"""So many ways to turn an event away are told apart; some handlers repeat the event in their words."""

WISH_SHARE, MIXED_SHARE, DRAWN_SHARE = 0.7, 0.15, 0.1
"""Of the events, while there are such: what an answer wished for, known values of several members, drawn ones."""

MEMBER = re.compile(r"""\\*"([A-Za-z_][\w-]{0,31})\\*"\s?:""")
OF_CONTRACTS = frozenset(("Outputs", "Logs", "ReturnValue", "res", "statusCode", "status", "headers", "body", "error"))
MAX_ANSWERED = 24
"""So many names that answers have are asked for."""

MAX_SHOWN = 24
"""So many samples are mutated for their own sake."""

MAX_SPOKEN_OF = 8
"""So many names that refusals speak of are asked for first."""

DRAW_AFTER = 3000
"""Drawing examples takes a second: not before so many cases showed nothing new."""

ON_THEIR_WAY = 8
"""No more events than that were chosen and not yet learnt from."""

DEAD, MAX_PATHS = 3, 10_000
"""So many answers 404 or 405, and never another, and a path is left alone with this method."""


@dataclass(slots=True)
class FunctionSource:
    """The stream of events for one function; a function of seed, function and feedback only.

    Of ``share`` (number, of) workers that go on from the same state each takes other events.
    """

    function: Function
    words: Dictionary
    seed: int
    sources: Mapping[str, Source]
    share: tuple[int, int] = (0, 1)
    drawn_elsewhere: Callable[[Function], tuple[Event, ...] | None] | None = None
    """Gives the drawn examples where another process draws them, None as long as they are not there."""

    recorded: tuple[Event, ...] = ()
    """Events to begin with that were recorded."""

    refusals: Refusals = field(default_factory=Refusals)

    cases: int = 0
    rejected: int = 0
    seconds: float = 0.0
    latencies: list[int] = field(default_factory=lambda: [0] * LATENCIES)
    """How many answers took less than 2**n microseconds, and not less than half of that, at position n."""

    answers: list[int] = field(default_factory=lambda: [0] * ANSWERS)
    """How many answers had a status of n hundred, at position n; without a status at 0."""

    stale: int = 0
    """Cases since the last new behaviour."""

    _seeds: tuple[Event, ...] = ()
    _pool: Pool = field(init=False)
    _seen: dict[Signature, int] = field(default_factory=dict)
    _boundaries: Iterator[Event] | None = None
    _drawn: tuple[Event, ...] | None = None
    _next_drawn: int = 0
    _boundaries_told: int = 0
    _refusals: int = 0
    _dead: Counter[tuple[str, str]] = field(default_factory=Counter)
    _said_at: dict[Signature, str] = field(default_factory=dict)
    """The path at which an event was turned away so, empty for several."""

    _said_elsewhere: bool = False
    _ways: dict[tuple[str, str], HttpEvent] = field(default_factory=dict)
    _sent: set[int] = field(default_factory=set)
    """The hashes of the last events, which mutation need not make again."""

    _last: tuple[Tree, Event] | None = None
    """The mutant made last, and how many more may be made of it: most of what one costs is spent by then."""

    _siblings: int = 0
    _more: float = 0.0
    """So many steps more are taken, because with fewer all was tried."""

    _random: Random = field(init=False)
    _mutator: Mutator = field(init=False)
    _chase: Chase = field(init=False)
    _telling: Telling = field(init=False)
    _asked_for: frozenset[str] = field(init=False)
    """What the source may ask for: its names without those of contracts."""

    _answered: dict[str, None] = field(default_factory=dict)
    """Members of answers that the source names."""

    _samples: frozenset[bytes] = field(init=False)
    _shown: dict[tuple[Signature, bytes], Event] = field(default_factory=dict)
    """Events with samples that were taken, by what came of them."""

    _rounds: Rounds = field(init=False)
    _near: dict[int, Event] = field(default_factory=dict)
    """Of small changes that are on their way: the events that were taken without them."""

    def __post_init__(self) -> None:
        self._random = Random(f"{self.seed}:{self.function.name}:{self.function.trigger}")
        self._mutator = Mutator(self._random, self.words)
        self._chase = Chase(self.function, self.words)
        self._telling = Telling(self.words)
        self._asked_for = frozenset(self.words.names) - OF_CONTRACTS
        self._rounds = Rounds(self.function, self.words, self.seed, self.share)
        self._pool = Pool(self.function)
        self._samples = frozenset(payload_bytes(payload_tree(text.encode())) for text in self.words.samples)

    def load_seeds(self) -> tuple[Event, ...]:
        """The events to begin with."""
        if not self._seeds:
            self._seeds = seed_events(self.function, self.words, self.sources, self.recorded, self.seed)
        return self._seeds

    def next_boundary(self) -> Event | None:
        """The next boundary event, or None when all were told; between them what answers wished for, and small changes
        of events that showed something new.
        """
        if (nearer := self._nearer()) is not None:
            return nearer
        if self._boundaries is None:
            number, of = self.share
            whole = boundaries(self.load_seeds(), self.function, self.words, self.seed)
            self._boundaries = islice(whole, number + self._boundaries_told * of, None, of)
        for event in self._boundaries:
            self._boundaries_told += 1
            if not self._is_needless(event):
                return event
        return None

    def next_explored(self) -> Event:
        """What an answer wished for, the next of all small changes of a new event, a drawn example, or a mutant of an
        event that showed something new.
        """
        random = self._random
        if (nearer := self._nearer()) is not None:
            return nearer
        if self.stale > DRAW_AFTER and random.random() < DRAWN_SHARE and (drawn := self._draw()) is not None:
            return drawn
        while self._siblings:
            self._siblings -= 1
            if (sibling := self._sibling()) is not None:
                return sibling
        for _ in range(20):
            parent = self._parent()
            tree = self._mutator.mutate(parent.tree, int(self._more))
            if random.random() < 0.1 and len(self._pool) > 1:
                tree = splice(tree, self._pool.any(random).tree, random)
            event = to_event(tree, parent.base, self.function, parent.tree)
            if event is None or self._is_dead(event):
                continue
            if hash(event) not in self._sent:
                self._more = max(0.0, self._more - LESS)
                self._last, self._siblings = (tree, event), SIBLINGS
                return event
            self._more = min(MOST_MORE, self._more + MORE)
        return random.choice(self.load_seeds())

    def _sibling(self) -> Event | None:
        """The last mutant with one step more; None where that is nothing new, or none that a host could send."""
        assert self._last is not None
        last, event = self._last
        tree = self._mutator.one_more(last)
        made = to_event(tree, event, self.function, last) if tree is not last else None
        return None if made is None or hash(made) in self._sent or self._is_dead(made) else made

    def refuses(self, seen: Signature, body: bytes, *, well: bool) -> bool:
        """Does the handler turn the event away with this answer, though nothing else says so? See Refusals."""
        told = self.refusals.tells
        refused = self.refusals.has(seen, body, well=well)
        if self.refusals.tells and not told:
            self._rounds.turn_away(self._pool.turn_away(self.refusals.is_one))
        return refused

    def learn(
        self,
        event: Event,
        seen: Signature,
        elapsed: float,
        rejected: bool,
        status: int = 0,
        *,
        refused: bool = False,
    ) -> bool:
        """Take the result of a case; True when its behaviour is new. ``refused`` in words only, ``rejected`` by its
        status.
        """
        self.cases += 1
        self.seconds += elapsed
        self.latencies[min(int(elapsed * 1e6).bit_length(), LATENCIES - 1)] += 1
        self.answers[status // 100 if status < 600 else 0] += 1
        self.rejected += rejected
        rejected = rejected or refused
        if len(self._sent) >= MAX_SENT:
            self._sent.clear()
        self._sent.add(hash(event))
        if isinstance(event, HttpEvent):
            self._note_place(event, seen, rejected)
            if not rejected:
                self._note_way(event)
        worth = False
        if not rejected:
            self._telling.note(event, seen)
            # Both look at it.
            worth = self._chase.took(event) | self._note_sample(event, seen)
        times = self._seen.get(seen, 0)
        if times:
            self.stale += 1
            self._seen[seen] = times + 1
            if worth:
                self._keep(event, seen, rejected=False)
            return False
        if len(self._seen) >= MAX_BEHAVIOURS or (rejected and self._refusals >= MAX_REFUSALS):
            self.stale += 1
            return False
        self.stale = 0
        self._seen[seen] = 1
        self._refusals += rejected
        self._keep(event, seen, rejected=rejected)
        return True

    def _keep(self, event: Event, seen: Signature, *, rejected: bool) -> None:
        self._pool.keep(Kept(event, seen, rejected, 0), self._random)
        self._rounds.begin(event, rejected)
        if not rejected:
            self._chase.vary(event)

    def _note_sample(self, event: Event, seen: Signature) -> bool:
        """Keep an event that is a sample, whole, for what its author shows has all that matters; is it the first one
        that comes to this?
        """
        data = payload(event)
        if data not in self._samples or (seen, data) in self._shown or len(self._shown) >= MAX_SHOWN:
            return False
        self._shown[seen, data] = event
        return True

    def hear(self, event: Event, log: str, answer: str) -> None:
        """Take what a handler said of an event that it did not like, or nothing: what it wishes for is tried soon."""
        known = len(self._chase.known)
        for worth in self._chase.answered(event, log, answer, self._near.get(hash(event))):
            self._pool.keep(Kept(worth, b"", False, 0), self._random)
            self._rounds.begin(worth, True)
        if len(self._chase.known) > known:
            self._mutator.learn(Hints(tuple(self._chase.known)))
            self._ask()

    def read(self, answer: str) -> None:
        """Take the answer to an event that was taken: members that come out often could have gone in."""
        told = [name for name in dict.fromkeys(MEMBER.findall(answer)) if name in self._asked_for]
        if len(self._answered) < MAX_ANSWERED and any(name not in self._answered for name in told):
            self._answered |= dict.fromkeys(told)
            self._ask()

    def _ask(self) -> None:
        """Ask for these names of the source first: refusals spoke of them, then those that answers have."""
        spoken = dict.fromkeys(hint.name for hint in self._chase.known if hint.name in self.words.names)
        asked = dict.fromkeys((*islice(spoken, MAX_SPOKEN_OF), *self._answered, *self.words.asked))
        self._rounds.words = self._mutator.words = replace(self.words, asked=tuple(asked))

    @property
    def is_chasing(self) -> bool:
        """Do events go after a wish, so that every answer counts?"""
        return not self._chase.idle

    def _note_place(self, event: HttpEvent, seen: Signature, rejected: bool) -> None:
        """An answer that comes from several paths says that there is nothing; one of a single path may be about what
        was asked for there.
        """
        known = self._said_at.get(seen) if rejected else None
        if rejected and known is None and len(self._said_at) < MAX_PATHS:
            self._said_at[seen] = event.path
        self._said_elsewhere = known is not None and known != event.path
        if self._said_elsewhere:
            self._said_at[seen] = ""

    def _note_way(self, event: HttpEvent) -> None:
        """Keep the first event of a method and path, or the same with fewer headers."""
        way = event.method, event.path
        known = self._ways.get(way)
        if known is None and len(self._ways) < MAX_WAYS:
            self._ways[way] = event
        elif known is not None and (event.query, event.body) == (known.query, known.body):
            self._ways[way] = min(known, event, key=lambda item: len(item.headers))

    def is_there(self, event: Event, found: bool) -> None:
        """Was there anything at the path of the event, which was learnt just now, for its method? Few more events go
        where there never is.
        """
        if not isinstance(event, HttpEvent):
            return
        place = event.method, event.path
        if found and len(self._dead) < MAX_PATHS:
            self._dead[place] = -sys.maxsize
        elif not found and self._said_elsewhere:
            self._dead[place] += 1

    def _is_dead(self, event: Event) -> bool:
        return isinstance(event, HttpEvent) and self._dead[event.method, event.path] >= DEAD

    def _is_needless(self, event: Event) -> bool:
        """Does it go where nothing is, or was it sent lately?"""
        return self._is_dead(event) or hash(event) in self._sent

    def _nearer(self) -> Event | None:
        """An event nearer to what the handler wants, or near to one that showed something new; None for neither."""
        if self._random.random() < WISH_SHARE and (wish := self._chase.next_event()) is not None:
            return wish
        if self._random.random() < MIXED_SHARE and (mixed := self._chase.mixed(self._random)) is not None:
            return None if self._is_needless(mixed) else mixed
        found = self._rounds.next_change(self._random, self._is_needless)
        if found is None:
            return None
        change, taken = found
        if taken is not None:
            if len(self._near) >= ON_THEIR_WAY:
                del self._near[next(iter(self._near))]
            self._near[hash(change)] = taken
        return change

    def tally(self) -> FunctionTally:
        """The account of the function so far."""
        return FunctionTally(
            name=self.function.name,
            trigger=self.function.trigger,
            contract=self.function.contract,
            cases=self.cases,
            rejected=self.rejected,
            mean_seconds=self.mean_seconds,
            behaviours=self.behaviours,
            latencies=tuple(self.latencies),
            answers=tuple(self.answers),
        )

    @property
    def behaviours(self) -> int:
        """How many different behaviours were seen."""
        return len(self._seen)

    @property
    def mean_seconds(self) -> float:
        """How long an answer takes on average."""
        return self.seconds / self.cases if self.cases else 0.0

    @property
    def usual_seconds(self) -> float:
        """How long at most one half of the answers took; one that never came does not count for more than any other."""
        seen = 0
        for bits, count in enumerate(self.latencies):
            seen += count
            if 0 < self.cases <= 2 * seen:
                return float(1 << bits) / 1e6
        return 0.0

    def ranked(self, count: int) -> list[tuple[Event, bool]]:
        """At most ``count`` events of different behaviours, those that the handler took before those that it turned
        away, rare ones first; each with: was it turned away?
        """
        return self._pool.ranked(self._seen, count)

    def ways(self) -> list[HttpEvent]:
        """The first event that was taken, of each method with each path: two paths may have answers of one form."""
        return list(self._ways.values())

    def telling(self, count: int) -> list[Event]:
        """At most ``count`` events that were taken and that together have all that the source names; samples first."""
        return list(dict.fromkeys((*self._shown.values(), *self._telling.events(count))))[:count]

    # -- from process to process

    def state(self) -> SourceState:
        """What was learnt so far."""
        return SourceState(
            cases=self.cases,
            rejected=self.rejected,
            seconds=self.seconds,
            latencies=tuple(self.latencies),
            answers=tuple(self.answers),
            stale=self.stale,
            drawn=self._next_drawn,
            boundaries=self._boundaries_told,
            rounds=self._rounds.state(),
            kept=self._pool.state(),
            seen=dict(self._seen),
            ways=tuple(self._ways.values()),
            told=self._telling.state(),
            answered=tuple(self._answered),
            more=self._more,
            refusal=self.refusals.form,
            tells=self.refusals.tells,
        )

    def resume(self, state: SourceState, share: tuple[int, int], turn: int) -> None:
        """Go on from ``state``, in turn ``turn`` of the run, with this worker's share of the events."""
        if (share, state.boundaries) != (self.share, self._boundaries_told):
            self._boundaries, self._boundaries_told = None, state.boundaries
        self.share = share
        self._random = Random(f"{self.seed}:{self.function.name}:{self.function.trigger}:{turn}:{share[0]}")
        self._mutator = Mutator(self._random, self.words)
        self.cases, self.rejected, self.seconds = state.cases, state.rejected, state.seconds
        self.latencies, self.answers = list(state.latencies), list(state.answers)
        self.stale, self._next_drawn = state.stale, state.drawn
        self._sent, self._more = set(), state.more
        self._near = {}
        self._last, self._siblings = None, 0
        self._seen = dict(state.seen)
        self._ways = {(event.method, event.path): event for event in state.ways}
        self._telling.resume(state.told)
        self._refusals = sum(kept.rejected for kept in state.kept)
        self._rounds.words = self.words
        self._rounds.resume(state.rounds, share)
        self._dead = Counter()
        self.refusals = Refusals(state.refusal, tells=state.tells)
        self._chase = Chase(self.function, self.words)
        self._answered = dict.fromkeys(state.answered)
        if self._answered:
            self._ask()
        self._pool = Pool(self.function)
        for kept in state.kept:
            self._pool.keep(kept, self._random)
        shown = {(kept.seen, payload(kept.event)): kept.event for kept in state.kept if not kept.rejected}
        self._shown = {key: event for key, event in shown.items() if key[1] in self._samples}

    def _draw(self) -> Event | None:
        """The next drawn example of this worker's share; None when all were told, or none is there yet."""
        drawn = self._examples()
        number, of = self.share
        at = self._next_drawn + number
        if drawn is None or at >= len(drawn):
            return None
        self._next_drawn += of
        return drawn[at]

    def _examples(self) -> tuple[Event, ...] | None:
        if self._drawn is None:
            draw = self.drawn_elsewhere
            self._drawn = draw(self.function) if draw else drawn_events(self.function, self.sources, self.seed)
        return self._drawn

    def _parent(self) -> Worth:
        """The event to mutate next; one of the seeds as long as nothing is known."""
        if not self._pool:
            for event in self.load_seeds():
                self._pool.keep(Kept(event, b"", False, 0), self._random)
        return self._pool.choose(self._seen, self._random)


def share(sources: Sequence[FunctionSource], *, by_time: bool) -> FunctionSource:
    """The function whose turn it is: the one that got the least, weighed by how long it has shown nothing new.

    ``by_time`` counts its seconds, so that slow functions do not starve the quick ones; otherwise its cases, so that a
    run can be repeated case by case.
    """
    if len(sources) == 1:
        return sources[0]

    def got(source: FunctionSource) -> float:
        spent = source.seconds + source.cases * 1e-4 if by_time else float(source.cases)
        return spent * (1 + min(source.stale, 2000) / 500)

    return min(sources, key=got)
