from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.harness.kit.shop import make_shop
from tests.harness.kit.streams import a_stream, an_app

from fnfuzz.cli.drive import checked_run
from fnfuzz.cli.group import fnfuzz
from fnfuzz.cli.interruption import Interruption
from fnfuzz.fuzz import Plan
from fnfuzz.fuzz.stream import RunEvent, RunFinished
from fnfuzz.report.screen import ENDING


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_end_is_told_within_the_signal_while_nobody_prints() -> None:
    told: list[str] = []
    with Interruption(lambda: told.append("ending")) as interruption:
        interruption.open = True
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        assert told == ["ending"]
        interruption.told()
    assert told == ["ending"]


def test_the_end_is_told_later_while_somebody_prints() -> None:
    told: list[str] = []
    with Interruption(lambda: told.append("ending")) as interruption:
        interruption.told()
        interrupt()
        assert told == []
        interruption.told()
        assert (told, interruption.exit_code) == (["ending"], 130)


@pytest.mark.parametrize("events_before", [1, 2])
def test_an_interrupt_at_the_very_beginning_ends_with_a_report_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events_before: int
) -> None:
    start, *_, finished = a_stream(tmp_path)

    def run(*_: Any) -> Iterator[RunEvent]:
        try:
            yield start
            yield from ()
            raise AssertionError("went on")
        except KeyboardInterrupt:
            yield finished

    monkeypatch.setattr("fnfuzz.cli.drive.run", run)
    stream = checked_run(an_app(tmp_path), Plan(), ["one note", "another note"])
    for _ in range(events_before):
        next(stream)
    assert isinstance(stream.throw(KeyboardInterrupt()), RunFinished)
    assert list(stream) == []


def test_an_import_ends_between_two_records_and_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fnfuzz.corpus.importing as importing

    samples = tmp_path / "events.ndjson"
    samples.write_text("".join(f'{{"trigger":"queue","message":"{number}"}}\n' for number in range(50)))
    read = importing.read_records

    def interrupted(*words: Any, **more: Any) -> Iterator[Any]:
        for number, record in enumerate(read(*words, **more), 1):
            if number == 3:
                interrupt()
            yield record

    monkeypatch.setattr(importing, "read_records", interrupted)
    words = ["corpus", "import", str(samples), "--format", "events", "--function", "f", "--no-redact"]
    result = CliRunner().invoke(fnfuzz, [*words, "--into", str(tmp_path / "corpus")])
    assert result.exit_code == 130, result.output
    assert ENDING in result.stderr
    assert "3 records" in result.stdout
    assert "3 records, all whole" in CliRunner().invoke(fnfuzz, ["corpus", "verify", str(tmp_path / "corpus")]).stdout


def test_a_replay_that_is_interrupted_tells_what_it_has_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(tmp_path / "shop")
    samples = tmp_path / "events.ndjson"
    samples.write_text("".join(f'{{"trigger":"queue","message":"{number}"}}\n' for number in range(20)))
    words = ["corpus", "import", str(samples), "--format", "events", "--function", "Orders", "--no-redact"]
    assert CliRunner().invoke(fnfuzz, [*words, "--into", str(tmp_path / "corpus")]).exit_code == 0
    from fnfuzz.replay import judging

    take, count = judging.Judge.take, 0

    def interrupted(self: Any, *words: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count == 5:
            interrupt()
        return take(self, *words, **more)

    monkeypatch.setattr(judging.Judge, "take", interrupted)
    result = CliRunner().invoke(fnfuzz, ["replay", str(tmp_path / "corpus"), str(shop), "--no-learn"])
    assert result.exit_code == 130, result.output
    assert ENDING in result.stderr
    assert "interrupted: what follows is of the events so far" in result.stdout
