from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.shop import make_shop

from fnfuzz.app.model import Function
from fnfuzz.cli.group import fnfuzz
from fnfuzz.cli.handmade import Wishes, handmade_event
from fnfuzz.cli.stops import Stop
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent, from_data


def invoked(shop: Path, *arguments: str, text: str | None = None) -> Result:
    return CliRunner().invoke(fnfuzz, ["invoke", str(shop), *arguments], input=text)


def function(trigger: str, *methods: str) -> Function:
    contract = "fc-event" if trigger == "raw" else "azure-http"
    return Function(name="F", trigger=trigger, contract=contract, methods=methods)  # type: ignore[arg-type] # a contract id


@pytest.mark.parametrize(
    ("target", "wishes", "event"),
    [
        (function("queue"), Wishes(data=b"\xff"), QueueEvent(message=b"\xff")),
        (function("queue"), Wishes(message=b""), QueueEvent(message=b"")),
        (function("raw"), Wishes(data=b"x"), RawEvent(body=b"x")),
        (function("timer"), Wishes(data=b"x"), TimerEvent(payload="x")),
        (
            function("blob"),
            Wishes(data=b"", blob_name="a/b", content_type="text/csv"),
            BlobEvent(name="a/b", content=b"", content_type="text/csv"),
        ),
        (
            function("http", "GET"),
            Wishes(
                method="get", path="api/ä?x=1&y=", query=("z=2=3",), header=("Host: me", "User-Agent:", "Accept: a")
            ),
            HttpEvent(
                method="GET",
                path="/api/%C3%A4",
                query=(("x", "1"), ("y", ""), ("z", "2=3")),
                headers=(("Host", "me"), ("User-Agent", ""), ("Accept", "a")),
            ),
        ),
    ],
)
def test_an_event_is_made_by_hand(target: Function, wishes: Wishes, event: Event) -> None:
    assert handmade_event(target, wishes) == event


def test_data_for_an_http_function_is_posted_where_that_is_allowed() -> None:
    both = handmade_event(function("http", "POST", "GET"), Wishes(data=b"x"))
    only = handmade_event(function("http", "GET"), Wishes(data=b"x"))
    assert isinstance(both, HttpEvent)
    assert isinstance(only, HttpEvent)
    assert [(both.method, both.body), (only.method, only.body)] == [("POST", b"x"), ("GET", b"x")]


@pytest.mark.parametrize(
    ("target", "wishes", "message"),
    [
        (function("blob"), Wishes(message=b"x"), "--message is for queue functions; F is fed by blob"),
        (function("queue"), Wishes(message=b"x", data=b"y"), "leave one out"),
        (function("http"), Wishes(query=("x",)), "write it as NAME=VALUE"),
        (function("http"), Wishes(header=("a: b\r\nc: d",)), "no line end"),
        (function("http"), Wishes(path="/\udcff"), "not UTF-8"),
        (function("timer"), Wishes(data=b"\xff"), "not UTF-8"),
    ],
)
def test_a_wish_that_no_host_can_fulfil_is_refused(target: Function, wishes: Wishes, message: str) -> None:
    with pytest.raises(Stop, match=message):
        handmade_event(target, wishes)


def test_a_good_answer_is_told_with_the_hosts_view(tmp_path: Path) -> None:
    result = invoked(make_shop(tmp_path / "shop"), "--function", "Hello")
    assert result.exit_code == 0, result.output
    assert "  sent       POST /Hello HTTP/1.1\n" in result.output
    assert "  came back  HTTP/1.1 200 OK, after " in result.output
    assert "  the host   the invocation completes\n             the HTTP caller gets 200 and 2 bytes\n" in result.output
    assert result.output.endswith("no rule is broken\n")


def test_a_bad_answer_exits_with_1_and_shows_logs_escaped(tmp_path: Path) -> None:
    result = invoked(make_shop(tmp_path / "shop", fault="boom"), "--function", "Orders", "--message", "boom")
    assert result.exit_code == 1
    assert "  stderr     cannot do \\x1b[31mthat\n" in result.output
    assert "the message is delivered again" in result.output
    assert "error[resp-status-non2xx]" in result.output
    assert "\x1b" not in result.output


def test_json_holds_all_of_it(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="boom")
    (tmp_path / "message").write_bytes(b"boom\xff")
    result = invoked(shop, "--function", "Orders", "--data", f"@{tmp_path / 'message'}", "--json")
    data = json.loads(result.output)
    assert (result.exit_code, data["schema"], data["function"]) == (1, "fnfuzz.invoke/1", "Orders")
    assert from_data(data["event"]) == QueueEvent(message=b"boom\xff")
    assert data["exchange"]["outcome"]["delivery"] == "redelivered"


def test_an_event_can_come_from_standard_input_and_finds_its_function(tmp_path: Path) -> None:
    result = invoked(make_shop(tmp_path / "shop"), "--event", "-", text='{"trigger":"queue","message":"7"}')
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Orders (queue, azure-http), handler ready after ")


def test_a_sequence_goes_to_one_instance_in_order(tmp_path: Path) -> None:
    first, second = {"trigger": "http", "method": "POST", "path": "/api/Hello"}, {"trigger": "queue", "message": "2"}
    case = {"schema": "fnfuzz.case/1", "function": "Orders", "rule": "server-error", "events": [first, second]}
    (tmp_path / "case.json").write_text(json.dumps(case))
    result = invoked(make_shop(tmp_path / "shop"), "--event", str(tmp_path / "case.json"))
    assert result.exit_code == 0, result.output
    assert "  before 1   POST /api/Hello\n" in result.output
    assert result.output.endswith("FIXED: this case does not break server-error\n")


def test_a_case_that_only_a_comparison_shows_is_compared_with_fresh_instances(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop")
    handler = shop / "handler.py"
    counts = (
        handler.read_text()
        .replace('"body": "hi"', '"body": "hi" if SEEN < 2 else "bye"')
        .replace("BREAK =", "SEEN = 0\nBREAK =")
    )
    handler.write_text(counts.replace("body = self.read_body()", "global SEEN; SEEN += 1; body = self.read_body()"))
    event = {"trigger": "http", "method": "POST", "path": "/api/Hello"}
    rule = "answer-depends-on-history"
    case = {"schema": "fnfuzz.case/1", "function": "Hello", "rule": rule, "events": [event, event]}
    (tmp_path / "case.json").write_text(json.dumps({**case, "place": "body"}))
    result = invoked(shop, "--event", str(tmp_path / "case.json"))
    assert result.exit_code == 1, result.output
    assert "After the events before it, " in result.output
    assert result.output.endswith(f"STILL FAILING: this case breaks {rule}\n")
    handler.write_text(counts)
    result = invoked(shop, "--event", str(tmp_path / "case.json"))
    assert result.output.endswith(f"FIXED: this case does not break {rule}\n")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        ([], "several functions fit; say which with --function: "),
        (["--function", "Helo"], "did you mean Hello?"),
        (["--function", "Orders", "--method", "PUT"], "--method is for http functions; Orders is fed by queue"),
        (["--event", "no-such-file"], "No such file"),
        (["--event", "-"], "is not JSON"),
        (["--event", "-", "--data", "x"], "leave out --data"),
        (["--data", "@no-such-file"], "No such file"),
    ],
)
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str], hint: str) -> None:
    result = invoked(make_shop(tmp_path / "shop"), *arguments, text="")
    assert result.exit_code == 2
    assert hint in result.output


def test_an_event_that_no_function_takes_is_told(tmp_path: Path) -> None:
    result = invoked(make_shop(tmp_path / "shop"), "--event", "-", text='{"trigger":"timer"}')
    assert result.exit_code == 2
    assert "no function is fed by timer; the app has " in result.output


def test_a_handler_that_does_not_start_exits_with_3_and_says_what_to_do(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", program="raise SystemExit('no settings')")
    result = invoked(shop, "--function", "Orders")
    assert result.exit_code == 3
    assert result.output.startswith("fnfuzz: the process ended before it listened")
    assert "no settings" in result.output
    assert "next: start it by hand" in result.output
