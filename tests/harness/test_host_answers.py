"""Answers that are judged later than they come: what may wait, and whose logs are whose."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.line_handler import line_app

from fnfuzz.contracts.model import Exit, Fault, HttpReply, LineReply, Observed, Reply
from fnfuzz.drivers import ScriptedInstance
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.host import Answer, Host

LOGGING = """
def answer(request):
    print("saw", request.body.decode(), file=sys.stderr, flush=True)
    if request.body == b"die":
        os._exit(3)
    return (500 if request.body == b"0" else 200), {}, b"ok"
"""


def said(host: Host, answer: Answer, *, overtaken: bool = False) -> bytes:
    return host.judge(answer, overtaken=overtaken).stderr


def test_logs_belong_to_their_events_however_late_these_are_judged(tmp_path: Path) -> None:
    with Host(fc_app(tmp_path, LOGGING)) as host:
        function = host.app.functions[0]
        judged: list[bytes] = []
        first = host.deliver(function, RawEvent(body=b"one"))
        assert first.exchange is None
        second = host.deliver(
            function, RawEvent(body=b"two"), meanwhile=lambda: judged.append(said(host, first, overtaken=True))
        )
        assert judged == [b"saw one\n"]
        third = host.deliver(function, RawEvent(body=b"three"))
        # Nobody asked for it before the next one was there.
        assert said(host, second) == b"saw two\n"
        assert said(host, third) == b"saw three\n"
        assert host.judge(third) is host.judge(third)
        assert [item.number for item in (first, second, third)] == [1, 2, 3]


def test_what_does_not_look_like_a_good_answer_is_judged_before_anything_else(tmp_path: Path) -> None:
    with Host(fc_app(tmp_path, LOGGING)) as host:
        function = host.app.functions[0]
        host.deliver(function, RawEvent(body=b"one"))
        bad = host.deliver(function, RawEvent(body=b"0"))
        assert bad.exchange is not None
        assert [item.rule for item in bad.exchange.violations] == ["error-not-reported"]
        dead = host.deliver(function, RawEvent(body=b"die"))
        assert dead.exchange is not None
        assert dead.exchange.observed.exit == Exit(3)
        assert dead.exchange.stderr == b"saw die\n"
        assert host.deliver(function, RawEvent(body=b"again")).number == 1


def test_lines_may_wait_too(tmp_path: Path) -> None:
    with Host(line_app(tmp_path)) as host:
        answer = host.deliver(host.app.functions[0], HttpEvent(path="/api/greet"))
        assert answer.exchange is None
        assert host.judge(answer).violations == ()


@pytest.mark.parametrize(
    ("reply", "fault", "exit", "may_wait"),
    [
        pytest.param(HttpReply(200, "OK", (), b""), None, None, True, id="good"),
        pytest.param(HttpReply(304, "Not Modified", (), b""), None, None, True, id="not modified"),
        pytest.param(HttpReply(400, "Bad", (), b""), None, None, False, id="refused"),
        pytest.param(HttpReply(200, "OK", (), b""), Fault("extra-bytes", "more"), None, False, id="fault"),
        pytest.param(HttpReply(200, "OK", (), b""), None, Exit(0), False, id="exit"),
        pytest.param(None, None, None, False, id="nothing"),
        pytest.param(LineReply((b"{}",), 0), None, None, True, id="line"),
        pytest.param(LineReply((b"x", b"{}"), 1), None, None, False, id="noise"),
        pytest.param(LineReply((b"{}", b"{}"), 0), None, None, False, id="two lines"),
        pytest.param(LineReply((b"{}",), 0, b"half"), None, None, False, id="half a line"),
        pytest.param(LineReply((b"{}",), 0, b"", b"early"), None, None, False, id="early"),
    ],
)
def test_what_may_wait(
    tmp_path: Path, reply: Reply | None, fault: Fault | None, exit: Exit | None, may_wait: bool
) -> None:
    answer = Answer(
        instance=ScriptedInstance([]),
        function=fc_app(tmp_path, LOGGING).functions[0],
        event=RawEvent(),
        delivery=Host(fc_app(tmp_path, LOGGING)).delivery(),
        request=None,  # type: ignore[arg-type] # not looked at
        observed=Observed(reply=reply, fault=fault, exit=exit),
        number=1,
        out=(0, 0),
        err=(0, 0),
    )
    assert answer.may_wait is may_wait
