"""Records the shipped corpora anew: ``python -m corpora.build [NAME]... [--into DIR] [--check]``.

Each example app is started as its host starts it, with ``fnfuzz record`` in the handler's place, and gets the traffic
of ``traffic.py``. What depends on the machine is then put right, so that the same versions of Faker and zstandard
give the same bytes again: ports, times and durations, connections, ``Date`` and ``Server`` of answers, the order in
``number``; pings and lifecycle requests, whose number varies, are left out. Events, requests and answers are as they
were recorded.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from corpora.traffic import SCENES, Scene, Sent, traffic

import fnfuzz_corpora
from fnfuzz.app import discover
from fnfuzz.app.model import App
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.fc_headers import FAKE_CREDENTIALS
from fnfuzz.contracts.model import Delivery, HttpReply, Reply
from fnfuzz.corpus import Corpus, Record
from fnfuzz.corpus.mark import make_read_only
from fnfuzz.corpus.redaction import RedactionRules, Redactor
from fnfuzz.events import Event
from fnfuzz.host import Host
from fnfuzz.record.sink import told
from fnfuzz.rules import RULES

__all__ = ["build", "main"]

ROOT = Path(__file__).parents[1]
PORT = 38100
SEED = "seed corpora 1"
ELAPSED = 1000
"""Microseconds that every answer took: how fast the building machine was is nobody's business."""

SERVER = "BaseHTTP/0.6 Python/3"


def build(name: str, folder: Path) -> None:
    """Make the corpus ``name`` in ``folder``, where there may be nothing of it but the README."""
    scene = SCENES[name]
    app = discover(ROOT / "examples" / scene.app, contract=scene.contract)
    sent = list(traffic(scene, f"{SEED} {name}", _cleanliness(app)))
    with tempfile.TemporaryDirectory(prefix="fnfuzz-") as scratch:
        port = _record(app, scene, name, sent, Path(scratch) / "recorded")
        recorded = [record for record in Corpus.open(Path(scratch) / "recorded") if record.event is not None]
        if len(recorded) != len(sent):
            raise SystemExit(f"{name}: {len(sent)} events sent, {len(recorded)} recorded")
        made = Corpus.create(Path(scratch) / "made")
        with made.writer() as writer:
            for record in _normal(app, name, port, sent, recorded):
                writer.add(record)
        make_read_only(made.path)
        shutil.rmtree(made.path / "index", ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        for part in ("segments", "bodies", "index"):
            shutil.rmtree(folder / part, ignore_errors=True)
        shutil.copytree(made.path, folder, dirs_exist_ok=True)


def _cleanliness(app: App) -> Callable[[str, Event], bool]:
    """Would redaction leave an event for a function alone, apart from mail addresses, which are all of reserved domains
    here, and the credentials that fnfuzz makes up?
    """
    functions = {function.name: function for function in app.functions}
    contracts = contracts_for(app)
    redactor = Redactor(bytes(32), RedactionRules(keep=tuple(name for name, _ in FAKE_CREDENTIALS)))

    def is_clean(name: str, event: Event) -> bool:
        function = functions[name]
        request = contracts[function.contract].encode(function, event, Delivery())
        return {note.rule for note in redactor.explain(Record(event=event, request=request))} <= {"email"}

    return is_clean


def _record(app: App, scene: Scene, name: str, sent: list[Sent], folder: Path) -> int:
    """Send everything to the app behind the recorder; the port on which that listened."""
    words = [sys.executable, "-m", "fnfuzz", "record", "--corpus", str(folder), "--no-redact", "--strict"]
    words += ["--app", str(app.root), *(("--contract", scene.contract) if scene.contract else ())]
    functions = {function.name: function for function in app.functions}
    with Host(replace(app, command=(*words, "--", *app.command)), environ=os.environ) as host:
        host.start()
        port = host.port
        for item, delivery in zip(sent, _deliveries(name, sent, port), strict=True):
            done = host.invoke(functions[item.function], item.event, delivery=delivery)
            wrong = [found for found in done.verdict.violations if RULES[found.rule].severity == "error"]
            if wrong or done.verdict.outcome.status != "completed":
                raise SystemExit(f"{name}: {item.event}: {done.verdict.outcome.status} {wrong}")
        host.stop(10.0)
    return port


def _deliveries(name: str, sent: list[Sent], port: int) -> Iterator[Delivery]:
    """What the host adds to each event."""
    source = random.Random(f"{SEED} {name} deliveries")
    for item in sent:
        now = f"{item.at:%Y-%m-%dT%H:%M:%S.%f}0Z"
        yield Delivery(id=str(uuid.UUID(int=source.getrandbits(128), version=4)), now=now, port=port)


def _normal(app: App, name: str, port: int, sent: list[Sent], recorded: list[Record]) -> Iterator[Record]:
    """What was recorded, as it would be on any machine."""
    functions = {function.name: function for function in app.functions}
    contracts = contracts_for(app)
    deliveries = _deliveries(name, sent, port)
    for number, (item, delivery, record) in enumerate(zip(sent, deliveries, recorded, strict=True), start=1):
        function = functions[item.function]
        contract = contracts[function.contract]
        if contract.encode(function, item.event, delivery) != record.request:
            raise SystemExit(f"{name}: {record.request} is not what was sent")
        at = item.at.replace(tzinfo=UTC)
        request = contract.encode(function, item.event, replace(delivery, port=PORT))
        read = told(replace(record, request=request), app, SCENES[name].contract or "")
        if read.function != function.name or read.event is None:
            raise SystemExit(f"{name}: {request} was not read as an event of {function.name}")
        yield replace(
            read,
            reply=_reply(record.reply, at),
            at=round(at.timestamp() * 1e6),
            elapsed=ELAPSED,
            connection=1,
            number=number,
        )


def _reply(reply: Reply | None, at: datetime) -> Reply | None:
    if not isinstance(reply, HttpReply):
        return reply
    known = {"date": format_datetime(at, usegmt=True), "server": SERVER}
    return replace(reply, headers=tuple((name, known.get(name.lower(), value)) for name, value in reply.headers))


def _files(folder: Path) -> dict[str, bytes]:
    kinds = ("corpus.json", "*.fnfuzz", "bodies/*/*")
    return {str(path.relative_to(folder)): path.read_bytes() for kind in kinds for path in folder.rglob(kind)}


def main() -> None:
    """Build, or with ``--check`` compare what is built with what is shipped."""
    parser = argparse.ArgumentParser(prog="python -m corpora.build", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(SCENES)}; all by default")
    parser.add_argument("--into", type=Path, default=Path(fnfuzz_corpora.__file__).parent, metavar="DIR")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if bytes differ")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(SCENES):
        parser.error(f"{', '.join(sorted(unknown))}: there are {', '.join(SCENES)}")
    differ = False
    for name in asked.names or SCENES:
        with tempfile.TemporaryDirectory(prefix="fnfuzz-") as scratch:
            folder = Path(scratch) / name if asked.check else asked.into / name
            build(name, folder)
            files = _files(folder)
            same = not asked.check or files == _files(asked.into / name)
            differ = differ or not same
            size = sum(map(len, files.values()))
            print(f"{name}: {len(Corpus.open(folder)):,} records, {size:,} bytes{'' if same else ', not as shipped'}")
    sys.exit(differ)


if __name__ == "__main__":
    main()
