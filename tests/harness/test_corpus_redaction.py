"""Nothing that was planted in a record may be left in it, wherever and however it was wrapped."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import time
import zlib
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from tests.harness.kit.canaries import BYTE_WRAPPINGS, SHAPED, WRAPPINGS, canary, forms_left, jwt

from fnfuzz.contracts.azure_http import AzureHttp
from fnfuzz.contracts.model import Delivery, Fault, HttpReply, HttpRequest, LineReply, LineRequest
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.redaction import RedactionRules, Redactor
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent
from fnfuzz_strategies import example_function

KEY = b"a key for tests, of some length"

NAMES = (
    *(
        "password",
        "Password",
        "userPassword",
        "db_password",
        "secret",
        "client-secret",
        "clientSecret",
        "token",
        "access_token",
    ),
    *(
        "refreshToken",
        "api_key",
        "apiKey",
        "X-API-KEY",
        "x-functions-key",
        "accountKey",
        "accessKeySecret",
        "sessionId",
    ),
    *("ssn", "phone", "phoneNumber", "mobile", "email", "firstName", "first_name", "last-name", "FULL_NAME", "address"),
    *(
        "addressLine1",
        "iban",
        "cardNumber",
        "creditCard",
        "userpassword",
        "signature",
        "sig",
        "authorization",
        "cookie",
    ),
    *(
        "user.password",
        "user[password]",
        "connectionString",
        "privateKey",
        "dateOfBirth",
        "passport_no",
        "login",
        "username",
    ),
)


def redacted(record: Record) -> Record:
    return Redactor(KEY).record(record)


def body_of(text: str | bytes) -> Record:
    return Record(
        request=HttpRequest(
            "POST", "/x", (), text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        )
    )


def shaped_parts(kind: str, text: str) -> list[str]:
    """What of a value must be gone: its own random parts."""
    if kind == "jwt":
        claims = text.split(".")[1]
        return list(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["team"])
    if kind == "pem":
        return [text.split("\n")[1]]
    if kind == "connection":
        return [text.split("AccountKey=")[1].split(";")[0]]
    if kind == "sas":
        return [text.split("sig=")[1].split("&")[0]]
    if kind == "url":
        return text.split("//")[1].split("@")[0].split(":")
    if kind in ("bearer", "basic"):
        return [text.split(" ")[1]]
    return [text]


@pytest.mark.parametrize(
    "around",
    [b"\x00%b", b"\x00\x01\xff%b\x00rest", b"id=1\x00%b\x00", b"\xff\xfe%b \x00", b"\xff%b\x00\xff"],
)
@pytest.mark.parametrize("pair", [b"password=%b", b'{"user": {"password":"%b"}}', b"db_password: %b"])
def test_what_has_a_telling_name_goes_from_bytes_that_are_no_text(around: bytes, pair: bytes) -> None:
    for secret in (b"hunter22secret", b"correct horse"[:7]):
        data = around % (pair % secret)
        found = redacted(body_of(data)).request
        assert isinstance(found, HttpRequest)
        assert secret not in found.body
        # Nothing else changes.
        first = data.index(secret)
        assert found.body[:first] == data[:first]
        assert found.body.endswith(data[first + len(secret) :])


def test_bytes_without_telling_names_stay() -> None:
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    for data in (png, png + b"tEXtTitle\x00a=b c:d", bytes(range(256)) * 4, b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"):
        assert redacted(body_of(data)) == body_of(data)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_a_value_that_tells_by_its_look_is_replaced_in_every_wrapping(wrapping: str) -> None:
    found = []
    for kind, make in SHAPED.items():
        for seed in range(3):
            text = make((kind, wrapping, seed))
            result = redacted(body_of(WRAPPINGS[wrapping](text)))
            found += [(kind, left) for part in shaped_parts(kind, text) for left in forms_left(result, part)]
    assert found == []


@pytest.mark.parametrize("outer", WRAPPINGS)
def test_wrappings_may_be_wrapped_in_others(outer: str) -> None:
    found = []
    for inner, wrap in WRAPPINGS.items():
        text = SHAPED["email"]((inner, outer))
        found += [(inner, left) for left in forms_left(redacted(body_of(WRAPPINGS[outer](wrap(text)))), text)]
    assert found == []


FOREIGN = ("first name", "Phone number", "first.name", "E-Mail address", "密码", "用户手机号")

NAMED_WRAPPINGS = {
    "json": lambda name, value: json.dumps({"n": 1, name: value, "z": 2}),
    "pretty json": lambda name, value: json.dumps({"a": [{name: value}]}, indent=1),
    "json in json": lambda name, value: json.dumps({"body": json.dumps({"x": json.dumps({name: value})})}),
    ".net json": lambda name, value: json.dumps({"body": json.dumps({name: value})}).replace('\\"', "\\u0022"),
    "list under the name": lambda name, value: json.dumps({name: [["x", value], value]}),
    "object under the name": lambda name, value: json.dumps({name: {"part": value}}),
    "name and value": lambda name, value: json.dumps([{"name": name, "value": value}, {"Value": value, "Key": name}]),
    "pairs": lambda name, value: json.dumps({"headers": [[name, value], ["Accept", "*/*"]]}),
    "base64": lambda name, value: base64.b64encode(json.dumps({name: value}).encode()).decode(),
    "base64 form": lambda name, value: json.dumps({"data": base64.b64encode(f"a=b&{name}={value}".encode()).decode()}),
    "form": lambda name, value: f"a=b&{name}={value}",
    "multipart": lambda name, value: (
        f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--\r\n'
    ),
    "csv": lambda name, value: f'id;{name};z\n1;{value};2\n2;"{value}";3\n',
    "envelope": lambda name, value: json.dumps(
        {"Data": {"job": json.dumps(json.dumps({name: value}))}, "Metadata": {name: json.dumps(value)}}
    ),
    "python": lambda name, value: f"bad request: { ({name: value})!r}",
    "text": lambda name, value: f"cannot log in with {name}={value}, sorry",
    "cut json": lambda name, value: json.dumps({"a": 1, name: value})[:-4],
    "cut base64 json": lambda name, value: json.dumps({"a": 1, "b": {name: base64.b64encode(value.encode()).decode()}}),
}


@pytest.mark.parametrize("wrapping", NAMED_WRAPPINGS)
def test_a_value_under_a_telling_name_is_replaced_in_every_wrapping(wrapping: str) -> None:
    found = []
    for name in (*NAMES, *FOREIGN) if "form" not in wrapping else NAMES:
        value = canary((name, wrapping))
        record = body_of(NAMED_WRAPPINGS[wrapping](name, value))
        found += [(name, left) for left in forms_left(redacted(record), value[:-4])]
    assert found == []


@pytest.mark.parametrize("element", ["password", "ns:Password", "FirstName", "api-key"])
@pytest.mark.parametrize(
    "form",
    [
        "<a><{e}>{v}</{e}></a>",
        "<a><{e} kind='x'><![CDATA[{v}]]></{e}></a>",
        "<?xml version='1.0'?>\n<a {e}=\"{v}\"/>",
        "<a><{e}><value>{v}</value></{e}><b/></a>",
        '<settings><add key="{e}" value="{v}"/></settings>',
        "<a><{e}>{v}",
    ],
)
def test_xml_is_redacted_by_the_names_of_elements_and_attributes(element: str, form: str) -> None:
    value = canary((element, form))
    assert list(forms_left(redacted(body_of(form.format(e=element, v=value))), value)) == []


@pytest.mark.parametrize("wrapping", BYTE_WRAPPINGS)
@pytest.mark.parametrize("kind", ["email", "bearer", "jwt"])
def test_bytes_of_other_encodings_are_searched_too(kind: str, wrapping: str) -> None:
    text = SHAPED[kind](wrapping)
    for part in shaped_parts(kind, text):
        assert list(forms_left(redacted(body_of(BYTE_WRAPPINGS[wrapping](text))), part)) == []


def test_a_sure_value_in_bytes_that_are_no_text_is_replaced() -> None:
    mail = SHAPED["email"]("binary")
    data = bytes(range(200)) + b"\0\1" + mail.encode() + b"\0\xff" + SHAPED["aws"](1).encode() + b"\0"
    for body in (data, json.dumps({"file": base64.b64encode(data).decode()}).encode()):
        result = redacted(body_of(body))
        assert list(forms_left(result, mail)) == []
        assert list(forms_left(result, SHAPED["aws"](1))) == []


HEADERS = (
    *("Authorization", "authorization", "Proxy-Authorization", "Cookie", "X-Functions-Key", "X-Fc-Access-Key-Id"),
    *(
        "X-Fc-Access-Key-Secret",
        "X-Fc-Security-Token",
        "X-Api-Key",
        "api-key",
        "Ocp-Apim-Subscription-Key",
        "X-Auth-Token",
    ),
    *(
        "X-Amz-Security-Token",
        "X-CSRF-Token",
        "x-ms-client-principal",
        "X-ARR-ClientCert",
        "X-Goog-Api-Key",
        "X-Vault-Token",
    ),
)


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize(
    "form", ["{v}", "Bearer {v}", "a={v}", 'Digest username="{v}", realm="r", response="{v}"', "a=1; b={v}"]
)
def test_headers_with_credentials_are_replaced(name: str, form: str) -> None:
    value = canary((name, form))
    pairs: Pairs = (("Host", "x"), (name, form.format(v=value)))
    envelope = json.dumps({"Data": {"req": {"Headers": {name: [form.format(v=value)]}}}}).encode()
    record = Record(
        event=HttpEvent(headers=pairs),
        request=HttpRequest("GET", "/", pairs, envelope),
        reply=HttpReply(200, "OK", (("Set-Cookie", f"id={value}; Path=/; HttpOnly"), *pairs), b""),
    )
    assert list(forms_left(redacted(record), value)) == []


def test_every_place_of_a_record_is_searched() -> None:
    def mail(place: str) -> str:
        planted.append(SHAPED["email"](place))
        return planted[-1]

    def secret(place: str) -> str:
        planted.append(canary(place))
        return planted[-1]

    planted: list[str] = []
    pairs: Pairs = (("X-Note", mail("value")), ("token", secret("token")), (mail("name"), "x"))
    delivery = Delivery(id=mail("id"), nonce=mail("nonce"), now=mail("now"))
    http = Record(
        function=mail("function"),
        delivery=delivery,
        event=HttpEvent(
            path=f"/u/{mail('path').replace('@', '%40')}",
            query=(("code", secret("code")), ("q", mail("query")), ("password", secret("qp"))),
            headers=pairs,
            body=mail("body").encode(),
        ),
        request=HttpRequest(
            "POST",
            f"/u/{mail('target')}/reset-token/{secret('segment')}?code={secret('code')}&sig={secret('sig')}%3D&q={mail('q')}",
            pairs,
            f'{{"password":"{secret("rb")}"}}'.encode(),
        ),
        reply=HttpReply(200, f"no {mail('reason')}", pairs, f"<p>{mail('reply')}</p>".encode()),
        fault=Fault(
            "short-body",
            f"ended in {mail('message')}",
            f'HTTP/1.1 200 OK\r\nSet-Cookie: a={secret("rc")}; Path=/\r\n\r\n{{"secret":"{secret("raw")}'.encode(),
        ),
    )
    lines = Record(
        request=LineRequest(
            json.dumps({"headers": {"Authorization": f"Bearer {secret('line')}"}, "body": mail("lb")}).encode()
        ),
        reply=LineReply(
            (f"log: password={secret('log')}".encode(), json.dumps({"phone": secret("lp")}).encode()),
            1,
            json.dumps({"email": mail("partial")})[:-2].encode(),
            f"token: {secret('stale')}".encode(),
        ),
    )
    events: list[Event] = [
        QueueEvent(
            message=json.dumps({"x": {"api_key": secret("queue")}}).encode(),
            attributes=pairs,
            id=mail("qid"),
            pop_receipt=mail("pop"),
        ),
        BlobEvent(
            name=f"users/{mail('blob')}/a.txt",
            content=f"id,password\n1,{secret('content')}\n".encode(),
            metadata=pairs,
            content_type=mail("ct"),
        ),
        TimerEvent(payload=json.dumps({"secret": secret("timer")})),
        RawEvent(body=f"password={secret('raw event')}".encode()),
    ]
    redactor = Redactor(KEY)
    results = [redactor.record(record) for record in (http, lines, *(Record(event=event) for event in events))]
    assert [left for result in results for text in planted for left in forms_left(result, text)] == []
    assert len(planted) > 35


def test_a_secret_is_replaced_where_nothing_else_tells_of_it() -> None:
    value = canary("echo")
    record = Record(
        request=HttpRequest(
            "POST", f"/items/{value}", (("X-Functions-Key", value),), b'{"note":"%s"}' % value.encode()
        ),
        reply=HttpReply(
            401,
            "no",
            (),
            f'{{"error":"{value} is no key", "b":"{base64.b64encode(value.encode()).decode()}"}}'.encode(),
        ),
    )
    result = redacted(record)
    assert list(forms_left(result, value)) == []
    assert isinstance(result.request, HttpRequest)
    assert result.request.target == f"/items/{result.request.headers[0][1]}"


@pytest.mark.parametrize(
    ("told", "answer", "kept"),
    [
        ({"password": "hunter2"}, "user u: wrong password hunter2", "wrong password"),
        ({"password": "swordfish"}, "no swordfish here", "here"),
        ({"pin": "7391"}, "the pin 7391 is wrong, since 2025-7391-01 and 17:7391", "2025-7391-01 and 17:7391"),
        ({"lastName": "Quackenbush"}, "Dear Quackenbush, /customers/Quackenbush/orders", "/orders"),
        ({"username": "quackbert"}, "user quackbert is unknown", "is unknown"),
    ],
)
def test_short_secrets_and_names_are_replaced_where_the_answer_repeats_them(
    told: dict[str, str], answer: str, kept: str
) -> None:
    [value] = told.values()
    record = Record(
        request=HttpRequest("POST", "/login", (), json.dumps(told).encode()),
        reply=HttpReply(401, "no", (), answer.encode()),
    )
    result = redacted(record)
    assert isinstance(result.request, HttpRequest)
    assert isinstance(result.reply, HttpReply)
    [stand_in] = json.loads(result.request.body).values()
    said = result.reply.body.decode()
    assert kept in said
    assert stand_in in said
    assert value not in said.replace(kept, "")


def test_ordinary_words_are_not_replaced_because_a_secret_is_one() -> None:
    record = Record(
        request=HttpRequest("POST", "/open", (), b'{"password": "open", "username": "admin"}'),
        reply=HttpReply(200, "OK", (), b"open the admin page"),
    )
    result = redacted(record)
    assert isinstance(result.request, HttpRequest)
    assert isinstance(result.reply, HttpReply)
    assert (result.request.target, result.reply.body) == ("/open", b"open the admin page")


def test_the_hash_beside_a_blob_is_that_of_what_is_kept() -> None:
    function = example_function("azure-http", "blob")
    event = BlobEvent(name="x.txt", content=b"pin=7391")
    request = AzureHttp().encode(function, event, Delivery())
    assert isinstance(request, HttpRequest)
    digest = base64.b64encode(hashlib.md5(event.content).digest()).decode()
    reply = HttpReply(200, "OK", (), json.dumps({"Outputs": {"out": digest}}).encode())
    result = redacted(Record(contract="azure-http", event=event, request=request, reply=reply))
    assert isinstance(result.event, BlobEvent)
    assert isinstance(result.request, HttpRequest)
    assert isinstance(result.reply, HttpReply)
    assert result.event.content != event.content
    told = json.loads(result.request.body)["Metadata"]["Properties"]["ContentHash"]
    assert told == base64.b64encode(hashlib.md5(result.event.content).digest()).decode()
    assert told in result.reply.body.decode()
    assert digest.encode() not in result.request.body


@pytest.mark.parametrize(
    ("code", "replaced"),
    [("CANARYCODE123x", True), ("x" * 16, True), ("DE", False), ("AB12", False), ("abcdefgh", False)],
)
def test_a_code_in_a_query_is_a_key_when_it_looks_like_one(code: str, replaced: bool) -> None:
    result = redacted(Record(request=HttpRequest("GET", f"/api/a?code={code}", (), b"")))
    assert isinstance(result.request, HttpRequest)
    assert (result.request.target != f"/api/a?code={code}") == replaced


def test_the_event_and_its_request_tell_the_same() -> None:
    mail, phone, word = "Mira.Kovac@shop.de", "+49 170 1234567", "hunter two+2"
    body = json.dumps({"email": mail, "phone": phone, "password": word}).encode()
    record = Record(
        event=HttpEvent(
            method="POST",
            path="/users/Mira.Kovac%40shop.de",
            query=(("email", mail), ("password", word), ("tel", phone)),
            headers=(("Cookie", "sid=abc123"),),
            body=body,
        ),
        request=HttpRequest(
            "POST",
            "/users/Mira.Kovac%40shop.de?email=Mira.Kovac%40shop.de&password=hunter+two%2B2&tel=%2B49%20170%201234567",
            (("cookie", "sid=abc123"),),
            body,
        ),
    )
    result = redacted(record)
    assert isinstance(result.event, HttpEvent)
    assert isinstance(result.request, HttpRequest)
    parts = urlsplit(result.request.target)
    assert tuple(parse_qsl(parts.query)) == result.event.query
    assert parts.path == result.event.path
    assert result.event.body == result.request.body
    assert result.event.headers[0][1] == result.request.headers[0][1] != "sid=abc123"
    members = json.loads(result.request.body)
    assert members["phone"] == dict(result.event.query)["tel"]
    assert unquote(parts.path).endswith(members["email"])
    assert (members["email"], members["password"]) == (result.event.query[0][1], result.event.query[1][1])


def test_json_keeps_all_bytes_around_what_is_replaced() -> None:
    text = (
        ' {"a" : 1.50,\r\n\t"email":"mira@shop.de", "b\\u00e9":"\\/x\\u0022", "n": 1e5 ,'
        '"s":"{\\"password\\" : \\"abcdefgh\\",\\"k\\":\\"\\\\u00e9\\"}" } \n'
    )
    result = redacted(body_of(text))
    assert isinstance(result.request, HttpRequest)
    new = result.request.body.decode()
    before, after = text.split("mira@shop.de")
    assert new.startswith(before)
    middle, tail = after.split("abcdefgh")
    assert middle in new
    assert new.endswith(tail)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, br", "unknown"])
def test_a_compressed_body_is_searched_or_not_kept(coding: str) -> None:
    value = canary(coding)
    data = json.dumps({"password": value}).encode()
    body = gzip.compress(data) if coding == "gzip" else zlib.compress(data) if coding == "deflate" else data
    redactor = Redactor(KEY)
    result = redactor.record(
        Record(reply=HttpReply(200, "OK", (("Content-Encoding", coding), ("Content-Length", str(len(body)))), body))
    )
    assert isinstance(result.reply, HttpReply)
    assert dict(result.reply.headers)["Content-Length"] == str(len(result.reply.body))
    unpacked = zlib.decompress(result.reply.body, 47) if coding in ("gzip", "deflate") else result.reply.body
    assert value.encode() not in unpacked
    assert redactor.tally.left_out == (coding not in ("gzip", "deflate"))


def test_content_length_follows_the_body() -> None:
    body = b'{"email":"a@b.de"}'
    record = Record(reply=HttpReply(200, "OK", (("content-length", str(len(body))),), body))
    result = redacted(record)
    assert isinstance(result.reply, HttpReply)
    assert len(result.reply.body) != len(body)
    assert result.reply.headers == (("content-length", str(len(result.reply.body))),)


def test_a_body_that_is_too_large_is_replaced_by_a_marker_and_counted() -> None:
    redactor = Redactor(KEY, largest=1000)
    result = redactor.record(body_of(canary(1) * 100))
    assert isinstance(result.request, HttpRequest)
    assert result.request.body.startswith(b"[fnfuzz: 2400 bytes not kept: too large")
    assert list(forms_left(result, canary(1))) == []
    assert redactor.tally.left_out == 1


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(50_000_000), 9)
    redactor = Redactor(KEY, largest=100_000)
    result = redactor.record(body_of(bomb))
    assert isinstance(result.request, HttpRequest)
    assert len(result.request.body) < 200


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        '{"a":' * 50_000,
        '{"password":' * 20_000 + '"x"',
        '"' * 100_000,
        "\\" * 100_000,
        '"' + "\\" * 99_999,
        "<a " * 30_000,
        "<a>" * 30_000,
        "</a>" * 30_000,
        "a=" * 50_000,
        "a=b&" * 25_000,
        "%41" * 30_000,
        "@" * 100_000,
        "a@" * 50_000,
        "a." * 50_000 + "@b.de",
        "a@" + "b-." * 30_000,
        "+1" * 50_000,
        "4111 " * 20_000,
        "DE89 " * 20_000,
        "eyJ." * 25_000,
        "eyJhbGci" * 12_500,
        "-----BEGIN PRIVATE KEY-----" * 3_000,
        "--b\r\n" * 20_000,
        "password:" * 10_000,
        "password " * 10_000 + "=",
        "x " * 50_000 + ": password",
        "https://" * 12_000,
        "https://" + "a" * 100_000 + "@",
        "/token/" * 14_000,
        "password,a\n" + '"' * 100_000,
        "AAAA-" * 20_000,
        "bearer " * 14_000,
        "&" * 100_000,
        "password=&" * 10_000,
        "email=a@b.de&" * 3_000,
    ],
    ids=lambda text: text[:24],
)
def test_hostile_texts_are_read_in_good_time(text: str) -> None:
    begun = time.process_time()
    redacted(body_of(text))
    assert time.process_time() - begun < 3


def test_wrapping_without_end_ends_in_a_marker() -> None:
    text = canary("deep") + "@shop.de"
    for _ in range(40):
        text = base64.b64encode(f"a {text}".encode()).decode()
        if len(text) > 1_000_000:
            break
    redactor = Redactor(KEY)
    result = redactor.record(body_of(text))
    assert isinstance(result.request, HttpRequest)
    assert result.request.body != text.encode()


def test_redacting_twice_does_not_fail_and_the_first_result_can_be_told_apart() -> None:
    record = body_of(
        json.dumps({"email": "mira@shop.de", "jwt": jwt({"sub": "x"}), "iban": SHAPED["iban"](1), "dob": "1980-01-02"})
    )
    once = redacted(record)
    twice = redacted(once)
    assert isinstance(twice.request, HttpRequest)
    assert set(json.loads(twice.request.body)) == {"email", "jwt", "iban", "dob"}
    assert redacted(record) == once != record


def test_bytes_of_any_kind_do_not_disturb() -> None:
    chance = random.Random(5)
    redactor = Redactor(KEY)
    for _ in range(200):
        data = chance.randbytes(chance.randrange(300))
        record = body_of(data)
        result = redactor.record(record)
        assert isinstance(result.request, HttpRequest)
        assert isinstance(redactor.record(body_of(b'{"password":"' + data)).request, HttpRequest)


def test_explain_tells_what_each_rule_would_do_and_shows_no_value() -> None:
    value = canary("shown")
    record = Record(
        event=BlobEvent(name="a", metadata=(("owner-email", "mira@shop.de"),)),
        request=HttpRequest(
            "POST", f"/x?code={value}", (("Cookie", f"a={value}"),), json.dumps({"user": {"password": value}}).encode()
        ),
    )
    redactor = Redactor(KEY)
    notes = redactor.explain(record)
    assert {(note.place, note.rule, note.kind, note.length) for note in notes} == {
        ("event.metadata owner-email", "email", "email", 12),
        ("request.target", "function-key", "secret", 24),
        ("request.headers Cookie", "cookie", "secret", 24),
        ("request.body user.password", "password", "secret", 24),
    }
    assert value not in repr(notes)
    assert redactor.explain(replace(record, event=None, request=None)) == []


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ('"Ada" <ada.lovelace@corp.org>', "ada.lovelace"),
        ("{0} password=Tr0ub4dor3xyz", "Tr0ub4dor3xyz"),
        ("[1][2] token=Tr0ub4dor3xyz", "Tr0ub4dor3xyz"),
        ('"Ada" +4915123456789', "4915123456789"),
        ('"x" 4111 1111 1111 1111', "1111 1111"),
        ('{"a":1}\n{"password":"Tr0ub4dor"}\n', "Tr0ub4dor"),
        ('{"a":1,"password":"Tr0ubHHHHHH', "Tr0ubHHHHHH"),
        ('"id","name","password"\n"1","Grace","hunter2secret9"\n', "hunter2secret9"),
        ('"id","first name","email"\n"1","Grazia","grazia@corp.org"\n', "Grazia"),
        ("mysqldump --user=root --password=hunter2secret shop", "hunter2secret"),
        ("java -Dspring.datasource.password=hunter2secret -jar a.jar", "hunter2secret"),
        ('{"argv":"tool --api-key=hunter2secret9 x"}', "hunter2secret9"),
    ],
)
def test_what_only_begins_like_json_or_is_an_option_of_a_command_is_searched(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in repr(redacted(body_of(text)))
    wrapped = base64.b64encode(text.encode()).decode()
    assert wrapped not in repr(redacted(body_of(json.dumps({"data": wrapped}))))


def test_the_claims_of_a_caller_are_a_persons() -> None:
    claims = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
    told = {"surname": "Lovelacetta", "givenname": "Adalbertina", "streetaddress": "Main Road 7", "name": "Adalberto"}
    listed = [{"Type": claims + name, "Value": value} for name, value in told.items()]
    identity = {"AuthenticationType": "aad", "Name": "Adalbertine", "Claims": listed, "Actor": None}
    kept = redacted(body_of(json.dumps({"Data": {"req": {"Identities": [identity]}}})))
    left = repr(kept)
    for value in (*told.values(), "Adalbertine"):
        assert value not in left
    assert claims + "surname" in left
    # What is called a type elsewhere tells nothing.
    plain = body_of('{"type": "surname", "value": "Lovelacetta"}')
    assert redacted(plain) == plain


def test_a_file_that_is_named_after_an_address_keeps_its_suffix_and_the_address_its_stand_in() -> None:
    kept = redacted(body_of('{"name": "in/ada.lovelace@corp.org.pdf", "to": "ada.lovelace@corp.org"}'))
    assert isinstance(kept.request, HttpRequest)
    told = json.loads(kept.request.body)
    assert told["name"] == f"in/{told['to']}.pdf"
    assert "lovelace" not in repr(kept)


def test_rules_switch_off_add_and_keep() -> None:
    rules = RedactionRules.from_data(
        {
            "off": ["phone"],
            "keys": {"loyaltyNo": "digits"},
            "keep": ["support_email", "X-Trace"],
            "patterns": {"ticket": {"regex": "TCK-[0-9]{6}", "kind": "digits"}},
        }
    )
    body = json.dumps(
        {"phone": "+49 170 1234567", "loyalty_no": "12345678", "supportEmail": "help@shop.de", "text": "see TCK-123456"}
    ).encode()
    result = Redactor(KEY, rules).record(Record(request=HttpRequest("POST", "/", (("x-trace", "a@b.de"),), body)))
    assert isinstance(result.request, HttpRequest)
    members = json.loads(result.request.body)
    assert members["phone"] == "+49 170 1234567"
    assert members["supportEmail"] == "help@shop.de"
    assert result.request.headers == (("x-trace", "a@b.de"),)
    assert members["loyalty_no"] != "12345678"
    assert members["loyalty_no"].isdigit()
    assert "123456" not in members["text"]


def test_a_private_key_keeps_its_frame() -> None:
    text = f"-----BEGIN RSA PRIVATE KEY-----\n{canary(1)}\n{canary(2)}\n-----END RSA PRIVATE KEY-----\n"
    result = redacted(body_of(text))
    assert isinstance(result.request, HttpRequest)
    lines, new = text.split("\n"), result.request.body.decode().split("\n")
    assert [lines[0], *lines[3:]] == [new[0], *new[3:]]
    assert not {*lines[1:3]} & {*new}


def test_a_search_of_many_findings_stays_linear() -> None:
    for text in (
        "a@b.de " * 20_000,
        json.dumps([{"value": "a@b.de", "name": "password"}] * 5_000),
        "<p><b>a@b.de</b></p>" * 5_000,
        "id,email\n" + "1,a@b.de\n" * 10_000,
    ):
        begun = time.process_time()
        redacted(body_of(text))
        assert time.process_time() - begun < 3


PERSONS: dict[str, tuple[str, bool]] = {
    "an object that is called customer": ('{"customer":{"name":"Quackenbush","id":7}}', True),
    "one of the guests": ('{"guests":[{"name":"Quackenbush"},{"name":"Quackenbush"}]}', True),
    "a mail address beside it": ('{"name":"Quackenbush","email":"q@shop.example"}', True),
    "a phone number before it": ('{"phone":"+49 30 1234567","name":"Quackenbush"}', True),
    "cut off after the mail address": ('{"name":"Quackenbush","email":"q@shop.example","tot', True),
    "a form": ("name=Quackenbush&email=q%40shop.example", True),
    "a table": ("id,name,email\r\n1,Quackenbush,q@shop.example\r\n", True),
    "a product": ('{"name":"Quackenbush","price":12.5}', False),
    "an object that is called file": ('{"file":{"name":"Quackenbush"}}', False),
    "a mail address further in": ('{"name":"Quackenbush","by":{"email":"q@shop.example"}}', False),
    "a form without a person": ("name=Quackenbush&page=2", False),
    "a table of things": ("id,name,total\r\n1,Quackenbush,7\r\n", False),
}


@pytest.mark.parametrize("case", PERSONS)
def test_a_mere_name_is_replaced_where_it_is_a_persons(case: str) -> None:
    text, persons = PERSONS[case]
    record = Record(request=HttpRequest("POST", "/", (), text.encode()))
    result = redacted(record).request
    assert isinstance(result, HttpRequest)
    assert (b"Quackenbush" not in result.body) is persons


def test_the_names_of_persons_in_queries_and_metadata_are_replaced_as_in_the_request() -> None:
    query = (("name", "Quackenbush"), ("email", "q@shop.example"))
    record = Record(
        event=HttpEvent(method="GET", path="/", query=query),
        request=HttpRequest("GET", "/?name=Quackenbush&email=q%40shop.example", (), b""),
    )
    result = redacted(record)
    assert isinstance(result.event, HttpEvent)
    assert isinstance(result.request, HttpRequest)
    stand_in = dict(result.event.query)["name"]
    assert stand_in != "Quackenbush"
    assert f"name={stand_in}&" in result.request.target
    blob = redacted(Record(event=BlobEvent(name="a", metadata=query))).event
    assert isinstance(blob, BlobEvent)
    assert dict(blob.metadata)["name"] == stand_in
