"""The x-fc-* headers: who gets which, and in what form."""

from __future__ import annotations

import pytest

from fnfuzz.app.model import Function, Hook
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.fc_headers import FAKE_CREDENTIALS, FcSettings, moment
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import RawEvent, TimerEvent

RESIZE = Function(name="resize", trigger="timer", contract="fc-event", form="timer", timeout=30, trigger_name="t1")
DELIVERY = Delivery(id="15c49df0-0000-4000-8000-b7dc1f2e3a4b", now="2026-01-02T03:04:05.4471936Z", framing="length")

DOCUMENTED = """\
POST /invoke HTTP/1.1
Host: 21.0.3.1:9000
Content-Type: application/octet-stream
Content-Length: 71
X-Fc-Request-Id: 1-695735a5-15c49df0-b7dc1f2e3a4b
X-Fc-Control-Path: /invoke
X-Fc-Function-Name: resize
X-Fc-Function-Handler: index.handler
X-Fc-Function-Memory: 512
X-Fc-Function-Timeout: 30
X-Fc-Region: cn-hangzhou
X-Fc-Account-Id: 1234567890123456
X-Fc-Qualifier: LATEST
X-Fc-Version-Id:
X-Fc-Service-Name:
X-Fc-Retry-Count: 0
X-Fc-Access-Key-Id: STS.NExampleKeyId01
X-Fc-Access-Key-Secret: ExampleSecretExampleSecret
X-Fc-Security-Token: CAISexampletoken

{"triggerTime":"2026-01-02T03:04:05Z","triggerName":"t1","payload":"x"}"""


def headers(settings: FcSettings, delivery: Delivery = DELIVERY, path: str = "/invoke") -> dict[str, str]:
    pairs = settings.headers(RESIZE, delivery, path)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_the_documented_event_request_goes_out_line_for_line() -> None:
    event = TimerEvent(due="2026-01-02T03:04:05+00:00", payload="x")
    head, body = FcEvent().encode(RESIZE, event, DELIVERY).to_bytes().decode("ascii").split("\r\n\r\n")
    wanted_head, wanted_body = DOCUMENTED.split("\n\n")
    sent = [line.rstrip() for line in head.split("\r\n")]
    assert sent[0] == wanted_head.split("\n")[0]
    assert set(wanted_head.split("\n")) <= set(sent)
    assert body == wanted_body


def test_an_event_is_framed_as_the_delivery_says() -> None:
    raw = FcEvent().encode(RESIZE, RawEvent(body=b"abc"), Delivery(framing="chunked")).to_bytes()
    assert raw.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    empty = FcEvent().encode(RESIZE, RawEvent(), Delivery(framing="chunked")).to_bytes()
    assert empty.endswith(b"\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert b"Content-Length" not in empty
    known = FcEvent().encode(RESIZE, RawEvent(), Delivery(framing="length")).to_bytes()
    assert known.endswith(b"\r\nContent-Length: 0\r\n\r\n")


def test_headers_without_a_value_are_there_and_empty() -> None:
    sent = headers(FcSettings())
    empty = {name for name, value in sent.items() if not value}
    assert {"X-Fc-Version-Id", "X-Fc-Service-Name", "X-Fc-Service-Logproject", "X-Fc-Service-Logstore"} <= empty
    assert {"X-Fc-Client-Ip", "X-Fc-Eagleeye-Traceid", "X-Fc-Tracing-Opentracing-Span-Context"} <= empty


def test_without_a_role_the_credentials_are_empty_but_present() -> None:
    sent = headers(FcSettings(role=False))
    assert [sent[name] for name, _ in FAKE_CREDENTIALS] == ["", "", ""]


def test_hook_headers_come_only_with_the_hook() -> None:
    plain = headers(FcSettings())
    assert not any("Initial" in name or "Lifecycle" in name for name in plain)
    hooks = (Hook(name="initialize", timeout=20), Hook(name="pre-stop", timeout=5), Hook(name="pre-freeze", timeout=5))
    hooked = headers(FcSettings(hooks=hooks))
    assert hooked["X-Fc-Function-Initializer"] == "any"
    assert hooked["X-Fc-Initialization-Timeout"] == "20"
    assert hooked["X-Fc-Instance-Lifecycle-Pre-Stop-Handler"] == "true"
    assert hooked["X-Fc-Instance-Lifecycle-Pre-Freeze-Handler"] == "true"


def test_edition_2_has_a_service_and_a_uuid_as_request_id() -> None:
    sent = headers(FcSettings(edition="fc2", service="img"))
    assert sent["X-Fc-Service-Name"] == "img"
    assert sent["X-Fc-Request-Id"] == DELIVERY.id


def test_edition_3_has_no_service_even_if_one_is_named() -> None:
    assert headers(FcSettings(service="img"))["X-Fc-Service-Name"] == ""


def test_lifecycle_calls_carry_a_uuid_in_both_editions() -> None:
    assert headers(FcSettings(), path="/initialize")["X-Fc-Request-Id"] == DELIVERY.id


def test_the_retry_count_is_the_attempt() -> None:
    assert headers(FcSettings(), Delivery(attempt=2))["X-Fc-Retry-Count"] == "2"


def test_a_request_id_is_made_of_the_time_and_any_delivery_id() -> None:
    ids = {FcSettings().request_id(Delivery(id=text, now="2026-01-02T03:04:05Z")) for text in ("a", "b", "")}
    assert len(ids) == 3
    for text in ids:
        one, seconds, middle, last = text.split("-")
        assert (one, seconds, len(middle), len(last)) == ("1", "695735a5", 8, 12)


def test_a_function_without_a_timeout_gets_the_service_default() -> None:
    function = Function(name="f", trigger="raw", contract="fc-event")
    assert ("X-Fc-Function-Timeout", "60") in FcSettings().headers(function, DELIVERY, "/invoke")


def test_settings_with_a_used_cache_are_still_equal() -> None:
    used, fresh = FcSettings(), FcSettings()
    headers(used)
    assert used == fresh
    assert hash(used) == hash(fresh)


@pytest.mark.parametrize("text", ["", "yesterday", "9999-99-99T00:00:00Z", "0001-01-01T00:00:00+23:59"])
def test_a_text_that_is_no_time_is_the_epoch(text: str) -> None:
    assert moment(text).year in (1, 1970)


def test_a_domain_is_a_legal_host_name() -> None:
    function = Function(name="My_Album Fn", trigger="http", contract="fc-web")
    assert FcSettings().domain_of(function) == "my-album-fn-abcdefghij.cn-hangzhou.fcapp.run"
    assert FcSettings(domain="api.example.com").domain_of(function) == "api.example.com"
