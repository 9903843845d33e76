"""A whole replay (read, sent, judged, compared) against the bare loop, for each contract and on ordinary handlers."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.bare import bare_loop, seconds
from benchmarks.table import Row, Table
from benchmarks.targets import ECHOES, HTTP, apart, echo, ordinary, pinned

from fnfuzz.app.model import App
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import Event
from fnfuzz.fuzz.collecting import seldom_collecting
from fnfuzz.host import Host
from fnfuzz.replay.cases import Cases
from fnfuzz.replay.judging import Judge
from fnfuzz.replay.masks import Noise
from fnfuzz.replay.playing import play

__all__ = ["replaying"]

TURNS, EACH = 6, 512
"""So many turns in a round, and records in the corpus."""


def replaying(rounds: int, *, full: bool) -> Table:
    """One row for each contract, on handlers that do next to nothing, and for ordinary ones."""
    apps, skipped = ordinary()
    rows = [Row(name, _ratios(app, HTTP, rounds), "0.7") for name, app in apps.items()]
    return Table(
        "Replay",
        "A corpus through an ordinary handler, and through a minimal one in Python on each contract: records read from "
        "disk, sent, judged by the rules and compared, against a bare blocking loop that sends the same bytes to the "
        "same process.",
        (*rows, *(Row(f"minimal, {name}", _ratios(*echo(name), rounds), "0.7") for name in ECHOES)),
        skipped,
    )


def _ratios(app: App, event: Event, rounds: int) -> tuple[float, ...]:
    app = pinned(app)
    found = []
    with tempfile.TemporaryDirectory() as folder, apart(), seldom_collecting(), Host(app) as host:
        corpus = _recorded(host, event, Path(folder) / "corpus")
        data = host.encode(app.functions[0], event, host.delivery()).to_bytes()
        for _ in range(2 * rounds):
            pairs = [_pair(host, app, corpus, data) for _ in range(TURNS)]
            ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
            found.append(bare / ours)
    return tuple(found)


def _recorded(host: Host, event: Event, path: Path) -> Corpus:
    """A corpus of the same exchange again and again."""
    function = host.app.functions[0]
    corpus = Corpus.create(path)
    with corpus.writer() as writer:
        for number in range(1, EACH + 1):
            exchange = host.invoke(function, event)
            writer.add(
                Record(
                    contract=function.contract,
                    function=function.name,
                    event=event,
                    delivery=exchange.delivery,
                    request=exchange.request,
                    reply=exchange.observed.reply,
                    at=number,
                    number=number,
                )
            )
    return corpus


def _pair(host: Host, app: App, corpus: Corpus, data: bytes) -> tuple[float, float]:
    """Seconds of a whole corpus on each side, one right after the other."""
    cases = Cases(app, host)
    judge = Judge(cases, Noise())
    began = time.perf_counter()
    play(
        host,
        (case for case in cases.of(corpus, {}) if not isinstance(case, str)),
        judge.take,
        lambda case, why: judge.refuse(why),
    )
    ours = time.perf_counter() - began
    if judge.same != EACH:
        raise RuntimeError(f"only {judge.same} of {EACH} answers are as recorded")
    with bare_loop(host, (data,)) as loop:
        loop()
        return ours, seconds(loop, EACH)
