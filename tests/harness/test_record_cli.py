"""``fnfuzz record`` as a command: usage, and a corpus that can be read afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.harness.kit.driven import eventually
from tests.harness.kit.recorded import HANDLER

from fnfuzz.app.model import Binding, Function
from fnfuzz.cli.group import fnfuzz
from fnfuzz.contracts.azure_http import AzureHttp
from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest, LineRequest
from fnfuzz.corpus import Corpus, CorpusError, Record
from fnfuzz.corpus.redaction import Redactor
from fnfuzz.corpus.redaction.key import KEY_VARIABLE
from fnfuzz.drivers.ports import free_port
from fnfuzz.events import QueueEvent
from fnfuzz.record import place
from fnfuzz.record.sink import open_sink, redactor
from fnfuzz.record.sinks import RecordsLost
from fnfuzz.record.summary import Summary

ORDERS = Function(
    name="Orders",
    trigger="queue",
    contract="azure-http",
    bindings=(Binding(name="item", type="queueTrigger", direction="in"),),
)


def asked(number: int) -> Record:
    event = QueueEvent(message=b'{"id":%d}' % number)
    request = AzureHttp().encode(ORDERS, event, Delivery())
    return Record(request=request, number=number, at=number)


def test_a_request_is_stored_with_the_event_that_it_stands_for(tmp_path: Path) -> None:
    with open_sink(str(tmp_path / "corpus"), redact=False) as sink:
        sink([asked(1), Record(request=HttpRequest("GET", "/", ()), number=2, at=2)])
        sink([Record(request=LineRequest(b"no json"), contract="azure-stdio", number=3, at=3)])
    first, ping, line = Corpus.open(tmp_path / "corpus").find()
    assert (first.contract, first.function) == ("azure-http", "Orders")
    assert isinstance(first.event, QueueEvent)
    assert first.event.message == b'{"id":1}'
    assert (ping.contract, ping.event, ping.number) == ("", None, 2)
    assert (line.contract, line.event) == ("azure-stdio", None)


def test_the_contract_that_is_given_holds_for_what_cannot_be_read(tmp_path: Path) -> None:
    with open_sink(str(tmp_path / "corpus"), redact=False, contract="fc-web") as sink:
        sink([Record(request=HttpRequest("GET", "/", ()))])
    [item] = Corpus.open(tmp_path / "corpus").find()
    assert item.contract == "fc-web"


def test_a_record_that_cannot_be_kept_is_counted_and_the_others_are_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fnfuzz.corpus import Writer

    add = Writer.add

    def refuse_two(self: Writer, record: Record) -> str:
        if record.number == 2:
            raise CorpusError("no", lost=1)
        return add(self, record)

    monkeypatch.setattr(Writer, "add", refuse_two)
    with open_sink(str(tmp_path / "corpus"), redact=False) as sink, pytest.raises(RecordsLost, match="no") as told:
        sink([asked(1), asked(2), asked(3)])
    assert told.value.lost == 1
    assert [item.number for item in Corpus.open(tmp_path / "corpus").find()] == [1, 3]


def key_file(folder: Path) -> Path:
    file = folder / "key"
    file.write_text("0123456789abcdef" * 2)
    return file


def test_what_is_stored_is_redacted_everywhere(tmp_path: Path) -> None:
    secret = "Hunter2-canary-9f3a1c"
    body = json.dumps({"password": secret, "note": f"it is {secret}"}).encode()
    reply = HttpReply(200, "OK", (("Set-Cookie", f"session={secret}"),), body)
    headers = (("Authorization", f"Bearer {secret}"), ("Content-Type", "application/json"))
    request = HttpRequest("POST", f"/api/x?code={secret}", headers, body)
    with open_sink(str(tmp_path / "corpus"), key=str(key_file(tmp_path))) as sink:
        sink([Record(request=request, reply=reply)])
    [item] = Corpus.open(tmp_path / "corpus").find()
    assert secret not in repr(item)
    assert isinstance(item.request, HttpRequest)
    assert json.loads(item.request.body)["password"] in item.request.body.decode()


def test_the_rules_of_a_file_are_respected_and_wrong_ones_told(tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text('{"keys": {"loyalty": "digits"}}')
    with open_sink(str(tmp_path / "corpus"), key=str(key_file(tmp_path)), rules=str(rules)) as sink:
        sink([Record(request=HttpRequest("POST", "/", (("Content-Type", "application/json"),), b'{"loyalty":"4711"}'))])
    [item] = Corpus.open(tmp_path / "corpus").find()
    assert isinstance(item.request, HttpRequest)
    assert b"4711" not in item.request.body
    rules.write_text('{"keyz": {}}')
    with pytest.raises(RecordsLost, match="keyz"):
        redactor(str(key_file(tmp_path)), str(rules), str(tmp_path / "corpus"))


def test_an_error_of_ours_loses_one_record_and_tells_no_payload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Redactor, record: Record) -> Record:
        if record.number == 2:
            raise RuntimeError("payload")
        return record

    monkeypatch.setattr(Redactor, "record", fail)
    with open_sink(str(tmp_path / "corpus"), key=str(key_file(tmp_path))) as sink, pytest.raises(RecordsLost) as told:
        sink([asked(1), asked(2), asked(3)])
    assert told.value.lost == 1
    assert "payload" not in str(told.value)
    assert "RuntimeError at test_record_cli.py" in str(told.value)
    assert [item.number for item in Corpus.open(tmp_path / "corpus").find()] == [1, 3]


def test_the_key_is_not_for_the_handler() -> None:
    assert place.KEY_VARIABLE == KEY_VARIABLE
    assert place.handler_environment({KEY_VARIABLE: "x", "A": "b"}, ()) == {"A": "b"}


def test_a_summary_tells_what_was_lost() -> None:
    summary = Summary(stored=1, lost_exchanges=2, lost_bytes=1000, bypassed=9000)
    summary.tell("the disk is full")
    text = "\n".join(summary.lines())
    assert not summary.lossless
    assert "recorded 1 exchange\n" in text
    assert "LOST: 2 exchanges or more, 1,000 bytes" in text
    assert "--handler-port" in text
    assert text.endswith("because: the disk is full")
    assert Summary(stored=5, upgraded=3, large_bodies=1).lossless


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "After -- comes the command"),
        (["--", "true"], "no home folder for a key"),
        (["--", "true"], "--no-redact"),
        (["--key", "/nowhere/key", "--", "true"], "no such key file"),
        (["--key", "/dev/null", "--", "true"], "needs at least 16"),
        (["--key", "/dev/null", "--no-redact", "--", "true"], "leave --key"),
        (["--key", __file__, "--rules", __file__, "--", "true"], "over 4096 bytes"),
        (["--max-body", "many", "--no-redact", "--", "true"], "write 64k"),
        (["--port", "0", "--no-redact", "--", "true"], "0 is not in the range"),
        (["--contract", "fc-web", "--port", "99", "--handler-port", "99", "--no-redact", "--", "true"], "cannot both"),
        (["--contract", "azure-http", "--no-redact", "--", "true"], "give one with --port"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_to_do(arguments: list[str], hint: str) -> None:
    without = dict.fromkeys(("FNFUZZ_REDACTION_KEY", "FNFUZZ_REDACTION_KEY_FILE", "HOME", "XDG_CONFIG_HOME"), "")
    result = CliRunner().invoke(fnfuzz, ["record", *arguments], env=without)
    assert result.exit_code == 2
    assert hint in result.output


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = str(server.getsockname()[1])
        result = CliRunner().invoke(fnfuzz, ["record", "--port", port, "--no-redact", "--", "true"])
    assert result.exit_code == 2
    assert "end the program that has it" in result.output


def test_the_command_records_a_corpus_and_is_silent(tmp_path: Path) -> None:
    script = tmp_path / "handler.py"
    script.write_text(HANDLER)
    port = free_port()
    command = [sys.executable, "-m", "fnfuzz", "record", "--corpus", "orders", "--no-redact", "--", sys.executable]
    process = subprocess.Popen(
        [*command, "-I", "-S", str(script)],
        cwd=tmp_path,
        env={**os.environ, "FUNCTIONS_CUSTOMHANDLER_PORT": str(port)},
        stderr=subprocess.PIPE,
    )
    try:

        def answered() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as host:
                host.sendall(asked(1).request.to_bytes())  # type: ignore[union-attr] # it has one
                return b"200 OK" in host.recv(1000)
            return False

        assert eventually(answered, 20)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == -signal.SIGTERM
        assert process.stderr is not None
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.communicate()
    [item] = Corpus.open(tmp_path / "orders").find()
    assert (item.function, item.fault) == ("Orders", None)
    assert Corpus.open(tmp_path / "orders").verify() == ()
    [file] = (tmp_path / "orders" / "recordings").iterdir()
    said = json.loads(file.read_text())
    assert (said["schema"], said["stored"], said["lost_exchanges"]) == ("fnfuzz.recording/1", 1, 0)


@pytest.mark.parametrize("strict", [False, True])
def test_without_memory_for_a_recording_the_handler_goes_on_or_nothing_begins(tmp_path: Path, strict: bool) -> None:
    port = free_port()
    words = [sys.executable, "-m", "fnfuzz", "record", "--no-redact"]
    words += ["--strict"] if strict else []
    done = subprocess.run(
        [*words, "--", sys.executable, "-c", "import os; print(os.environ['FUNCTIONS_CUSTOMHANDLER_PORT']); exit(7)"],
        cwd=tmp_path,
        env={**os.environ, "FUNCTIONS_CUSTOMHANDLER_PORT": str(port)},
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000)),
    )
    assert "what a recording needs cannot be had" in done.stderr
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == ((2, "") if strict else (7, f"{port}\n"))


def test_a_command_that_does_not_exist_exits_with_3(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "fnfuzz",
            "record",
            "--port",
            str(free_port()),
            "--no-redact",
            "--",
            "./no-such-handler",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "was not found" in done.stderr
    assert "Traceback" not in done.stderr
