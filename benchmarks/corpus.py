"""The corpus store: records written a second, the size of a million, a record opened by its id."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import Row, Table

from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest
from fnfuzz.corpus import Corpus, Record, record_id
from fnfuzz.events import HttpEvent

__all__ = ["corpus"]

MILLION = 1_000_000
BATCH = 20_000
WRITTEN = 200_000
WANTED = 4321
"""Which record of a batch is looked for."""


def corpus(rounds: int, *, full: bool) -> Table:
    """Writing in every round; then one large corpus: a tenth of a million, or with ``full`` a whole one."""
    batch = typical(BATCH)
    rates = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            rates.append(WRITTEN / _write(Path(folder) / "c", batch, WRITTEN))
    count = MILLION if full else MILLION // 10
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c"
        _write(path, typical(BATCH), count, fresh=True)
        size = sum(item.stat().st_size for item in path.rglob("*") if item.is_file())
        index = sum(item.stat().st_size for item in (path / "index").iterdir())
        looked_up = tuple(_opened(path) for _ in range(rounds))
        began = time.perf_counter()
        read = sum(1 for _ in Corpus.open(path))
        reading = read / (time.perf_counter() - began)
        began = time.perf_counter()
        list(Corpus.open(path).kinds())
        kinds = count / (time.perf_counter() - began)
    rows = (
        Row("records written a second", tuple(rates), "over 100,000"),
        Row("records read a second", (reading,)),
        Row("records sorted into kinds a second", (kinds,), note="once for each segment, by the first search"),
        Row(
            f"{count:,} records on disk",
            (size / 1e6,),
            "under 200 for a million",
            " MB",
            f"{index / 1e6:.0f} of it index",
        ),
        Row(f"one of {count:,} by its id", looked_up, "under 10", " ms", "opening the corpus included"),
    )
    says = (
        "Orders over HTTP as `azure-forward` carries them: event, delivery, request and answer, 1.1 KB as msgpack. "
        "Every one differs in ids, amounts and times. These figures are no ratios."
    )
    return Table("Corpus", says, rows)


def typical(count: int) -> list[Record]:
    """Orders in which what differs in life differs here: ids, names, amounts, times."""
    chance = random.Random(1)
    return [_order(chance, number) for number in range(count)]


def _order(chance: random.Random, number: int) -> Record:
    items = [
        {"sku": f"S-{chance.randrange(10**5)}", "qty": chance.randrange(9), "price": chance.randrange(10**4) / 100}
        for _ in range(3)
    ]
    body = json.dumps(
        {
            "orderId": f"{chance.getrandbits(64):016x}",
            "customer": {"name": chance.choice(NAMES), "mail": f"u{chance.randrange(10**6)}@example.com"},
            "items": items,
            "currency": "EUR",
            "note": "please leave it at the door",
        }
    ).encode()
    invocation = f"{chance.getrandbits(128):032x}"
    headers = (("User-Agent", "shop/2.1"), ("Accept", "*/*"), ("Content-Type", "application/json"))
    hosts = (("Host", "127.0.0.1:38123"), ("X-Azure-Functions-InvocationId", invocation), *headers)
    return Record(
        contract="azure-forward",
        function="orders",
        event=HttpEvent(method="POST", path="/api/orders", headers=headers, body=body),
        delivery=Delivery(id=invocation, port=38123),
        request=HttpRequest("POST", "/api/orders", hosts, body, "length"),
        reply=HttpReply(
            201, "Created", (("Content-Type", "application/json"),), b'{"accepted": true, "id": %d}' % number
        ),
        at=1_741_684_502_000_000 + number * 1000,
        elapsed=chance.randrange(5000),
        connection=1,
        number=number + 1,
    )


NAMES = ("Ada", "Björn", "Chen", "Zoë")


def _write(path: Path, batch: list[Record], count: int, *, fresh: bool = False) -> float:
    """Seconds for ``count`` records, the making of ``fresh`` batches left out."""
    seconds = 0.0
    chance = random.Random(2)
    with Corpus.create(path).writer() as writer:
        for start in range(0, count, len(batch)):
            began = time.perf_counter()
            for record in batch:
                writer.add(record)
            seconds += time.perf_counter() - began
            if fresh:
                batch = [_order(chance, start + BATCH + number) for number in range(BATCH)]
        began = time.perf_counter()
    # Leaving the writer is part of writing: it finishes the file and its index.
    return seconds + time.perf_counter() - began


def _opened(path: Path) -> float:
    """Milliseconds in a new process, the start of Python and imports left out."""
    wanted = record_id(typical(WANTED + 1)[WANTED])
    code = "\n".join(
        (
            "import sys, time",
            "from fnfuzz.corpus import Corpus",
            "began = time.perf_counter()",
            "Corpus.open(sys.argv[1]).get(sys.argv[2])",
            "print((time.perf_counter() - began) * 1000)",
        )
    )
    done = subprocess.run([sys.executable, "-c", code, str(path), wanted], check=True, capture_output=True, text=True)
    return float(done.stdout)
