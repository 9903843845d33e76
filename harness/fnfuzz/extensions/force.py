"""The extensions that are in force: one set for the process, empty unless somebody puts some into force."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from fnfuzz.app.model import OwnContract
from fnfuzz.app.overrule import admitted_contracts
from fnfuzz.checks import OBSERVERS, Observer, Probe
from fnfuzz.contracts import CONTRACT_IDS, admitted_codecs
from fnfuzz.drivers import DriverError
from fnfuzz.extensions.checking import observer_of, probe_of
from fnfuzz.extensions.codec import OwnCodec, codec_of, no_answer_rule
from fnfuzz.extensions.fuse import Fuse, Notices, Overtime, Topic, located, ringing, timed, told
from fnfuzz.extensions.loading import MODULE, ExtensionError, Found, load_file, load_installed
from fnfuzz.extensions.marks import CheckMark, ContractMark, EventsMark, MutatorMark, ProbeMark, ReporterMark
from fnfuzz.host.launch import StartFailed
from fnfuzz.rules import RULES, Rule, admitted_rules

__all__ = ["Extensions", "Feed", "Mutation", "Own", "extended", "in_force"]

T = TypeVar("T")

CALL, FEED, REPORT = 2.0, 30.0, 10.0
"""Seconds for one call of a check, a mutator or a contract; of an event source; of a report."""

MOST_WEIGHT = 0.5
"""The part of the explored events that all own mutators get together."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One own mutator. ``weight`` is its part of the explored events, ``triggers`` empty for all."""

    target: Callable[..., Any]
    weight: float
    triggers: tuple[str, ...]
    fuse: Fuse


@dataclass(frozen=True, slots=True)
class Feed:
    """One own event source, for a trigger or for functions whose name fits ``pattern``."""

    target: Callable[..., Any]
    pattern: str
    fuse: Fuse


@dataclass(frozen=True, slots=True)
class Own:
    """One own thing that is asked for by its name."""

    target: Callable[..., Any]
    fuse: Fuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """Everything that extensions add. ``files`` are those that another process has to load for the same."""

    files: tuple[Path, ...] = ()
    installed: bool = False
    """Are the installed ones among them?"""

    rules: tuple[Rule, ...] = ()
    observers: tuple[Observer, ...] = ()
    probes: tuple[Probe, ...] = ()
    mutations: tuple[Mutation, ...] = ()
    feeds: tuple[Feed, ...] = ()
    contracts: tuple[OwnContract, ...] = ()
    codecs: Mapping[str, Callable[[], OwnCodec]] = field(default_factory=dict)
    reporters: Mapping[str, Own] = field(default_factory=dict)
    fuses: tuple[Fuse, ...] = ()
    notices: Notices = field(default_factory=Notices)
    _observers: dict[str, tuple[Observer, ...]] = field(default_factory=dict)

    def observers_of(self, contract: str) -> tuple[Observer, ...]:
        """All observers of a contract: ours, then own ones."""
        if contract not in self._observers:
            every = (*OBSERVERS, *self.observers)
            self._observers[contract] = tuple(item for item in every if contract in item.contracts)
        return self._observers[contract]

    @property
    def own_checks(self) -> tuple[str, ...]:
        """The names of own checks and probes."""
        return tuple(dict.fromkeys([*(item.name for item in self.observers), *(item.name for item in self.probes)]))

    def wants(self, check: str, named: Collection[str] | None) -> bool:
        """Shall this check or probe look at a function whose own checks are ``named``, None where all are? Ours always
        do.
        """
        return named is None or check in named or check not in self.own_checks

    def resume(self, told: Mapping[Topic, str]) -> None:
        """Go on in a process of the run's where so much was told; what is new from here on is for the run to tell."""
        self.notices.kept = True
        self.notices.told = dict(told)
        for fuse in self.fuses:
            fuse.resume(told)

    def take_over(self, told: Mapping[Topic, str]) -> None:
        """Tell what another process of the run has to tell, and switch off what failed there."""
        for topic, text in told.items():
            self.notices.tell(topic, text)
        for fuse in self.fuses:
            fuse.resume(self.notices.told)


_now = Extensions()


def in_force() -> Extensions:
    """The extensions that are in force."""
    return _now


@contextmanager
def extended(files: Sequence[Path] = (), *, alone: bool = True) -> Iterator[Extensions]:
    """Within, the extensions in these files, the installed ones and those that were in force before are in force.

    ``alone``: the process is fnfuzz's own; else others may use SIGALRM too, and it is taken for each call only.
    Raises ExtensionError for one that cannot be used.
    """
    global _now
    before = _now
    with ExitStack() as stack:
        if alone:
            stack.enter_context(ringing())
        with _tidied(stack):
            loaded = _loaded(before, files)
        stack.enter_context(admitted_rules(item for item in loaded.rules if item.id not in RULES))
        stack.enter_context(admitted_contracts(loaded.contracts))
        stack.enter_context(admitted_codecs(loaded.codecs))
        _now = loaded
        try:
            yield loaded
        finally:
            _now = before


@contextmanager
def _tidied(stack: ExitStack) -> Iterator[None]:
    """What is added within to the folders that are searched for modules, and to ours, is taken away with the stack."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        folders = [item for item in sys.path if item not in path]
        names = [name for name in sys.modules if name.startswith(MODULE) and name not in modules]
        stack.callback(_tidy, folders, names)


def _tidy(folders: Sequence[str], modules: Sequence[str]) -> None:
    sys.path[:] = [item for item in sys.path if item not in folders]
    for name in modules:
        sys.modules.pop(name, None)


def _loaded(before: Extensions, files: Sequence[Path]) -> Extensions:
    new = [path for path in dict.fromkeys(item.resolve() for item in files) if path not in before.files]
    found = [] if before.installed else list(load_installed())
    for path in new:
        found += load_file(path)
    return _Building(before, found, tuple(new)).built()


class _Building:
    """Makes ordinary observers, probes, codecs and so on of what was found, each behind a fuse of its own."""

    def __init__(self, before: Extensions, found: Sequence[Found], files: tuple[Path, ...]) -> None:
        self.before = before
        self.found = found
        self.files = files
        self.notices = before.notices if before.installed else Notices()
        self.fuses: list[Fuse] = list(before.fuses)
        self.rules: dict[str, Rule] = {item.id: item for item in before.rules}
        self.contracts = {
            *CONTRACT_IDS,
            *(item.name for item in before.contracts),
            *(item.mark.name for item in found if isinstance(item.mark, ContractMark)),
        }

    def built(self) -> Extensions:
        """What was in force before, with all of it. Raises ExtensionError."""
        before = self.before
        contracts = self._each(ContractMark, self._contract)
        mutations = (*before.mutations, *self._each(MutatorMark, self._mutation))
        together = sum(item.weight for item in mutations)
        if together > MOST_WEIGHT:
            mutations = tuple(replace(item, weight=item.weight * MOST_WEIGHT / together) for item in mutations)
        return Extensions(
            files=(*before.files, *self.files),
            installed=True,
            contracts=(*before.contracts, *(item for item, _ in contracts)),
            codecs={**before.codecs, **{item.name: make for item, make in contracts}},
            observers=(*before.observers, *self._each(CheckMark, self._observer)),
            probes=(*before.probes, *self._each(ProbeMark, self._probe)),
            mutations=mutations,
            feeds=(*before.feeds, *self._each(EventsMark, self._feed)),
            reporters={**before.reporters, **dict(self._each(ReporterMark, self._reporter))},
            rules=tuple(self.rules.values()),
            fuses=tuple(self.fuses),
            notices=self.notices,
        )

    def _each(self, kind: type[Any], make: Callable[[Found, Any], T]) -> list[T]:
        return [make(item, item.mark) for item in self.found if isinstance(item.mark, kind)]

    def _observer(self, found: Found, mark: CheckMark) -> Observer:
        rule = self._rule(found, mark.rule, "check")
        fuse = self._fuse(found, f"check {rule.id}", CALL, quick=True)
        return observer_of(found.target, mark, fuse, rule.contracts)

    def _probe(self, found: Found, mark: ProbeMark) -> Probe:
        rule = self._rule(found, mark.rule, "probe")
        limit = max(30.0, 3 * mark.seconds)
        fuse = self._fuse(found, f"probe {rule.id}", limit, passes=(StartFailed, DriverError))
        return probe_of(found.target, mark, fuse, rule.contracts)

    def _mutation(self, found: Found, mark: MutatorMark) -> Mutation:
        fuse = self._fuse(found, f"mutator {mark.name}", CALL, quick=True)
        return Mutation(found.target, mark.weight, mark.triggers, fuse)

    def _feed(self, found: Found, mark: EventsMark) -> Feed:
        return Feed(found.target, mark.pattern, self._fuse(found, f"event source {mark.name}", FEED))

    def _reporter(self, found: Found, mark: ReporterMark) -> tuple[str, Own]:
        fuse = self._fuse(found, f"report {mark.name}", REPORT, loud=True)
        return mark.name, Own(found.target, fuse)

    def _contract(self, found: Found, mark: ContractMark) -> tuple[OwnContract, Callable[[], OwnCodec]]:
        if mark.name in CONTRACT_IDS:
            raise ExtensionError(f"extension {found.origin}: contract {mark.name} is one of fnfuzz's; rename it")
        for rule in (*mark.rules, no_answer_rule(mark.name)):
            self._rule(found, rule if rule.contracts else replace(rule, contracts=(mark.name,)), "contract")
        _try_to_make(found, mark)
        fuse = self._fuse(found, f"contract {mark.name}", CALL, lasting=True, quick=True)
        lines = mark.transport == "lines"
        own = OwnContract(name=mark.name, triggers=mark.triggers, lines=lines, ports=mark.ports)
        return own, codec_of(found.target, mark, fuse)

    def _rule(self, found: Found, rule: Rule, what: str) -> Rule:
        """The rule as it is listed. Raises ExtensionError for one that another extension has."""
        for name in rule.contracts:
            if name not in self.contracts:
                near = difflib.get_close_matches(name, self.contracts, 1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(self.contracts))}"
                raise ExtensionError(f"extension {found.origin}: rule {rule.id}: no contract is {name!r}; {hint}")
        whole = replace(
            rule, source=f"own {what} in {found.origin}", contracts=rule.contracts or tuple(self._all_contracts())
        )
        known = self.rules.setdefault(rule.id, whole)
        if replace(known, source="") != replace(whole, source=""):
            raise ExtensionError(
                f"extension {found.origin}: rule {rule.id} is there already, with other words ({known.source}); "
                "rename one of them"
            )
        return whole

    def _all_contracts(self) -> list[str]:
        return [*CONTRACT_IDS, *sorted(self.contracts - set(CONTRACT_IDS))]

    def _fuse(
        self,
        found: Found,
        name: str,
        limit: float,
        *,
        lasting: bool = False,
        loud: bool = False,
        quick: bool = False,
        passes: tuple[type[Exception], ...] = (),
    ) -> Fuse:
        if any(fuse.name == f"own {name}" for fuse in self.fuses):
            raise ExtensionError(f"extension {found.origin}: {name} is there already; rename one of them")
        fuse = Fuse(
            f"own {name}", found.home, self.notices, limit, lasting=lasting, loud=loud, quick=quick, passes=passes
        )
        self.fuses.append(fuse)
        return fuse


def _try_to_make(found: Found, mark: ContractMark) -> None:
    try:
        timed(CALL, found.target)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        what = "it takes too long" if isinstance(error, Overtime) else told(error)
        where = located(error, found.home) or found.origin
        raise ExtensionError(f"extension {where}: contract {mark.name} cannot be made: {what}") from error
