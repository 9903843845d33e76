"""Extensions that are missing, broken, slow or endless: told, and no end of a run."""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.kit.checkout import make_checkout, noted, played, rules_found
from tests.harness.kit.streams import an_app, an_exchange

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.cli import fnfuzz
from fnfuzz.contracts.model import Delivery, Observed
from fnfuzz.events import BlobEvent, HttpEvent, QueueEvent
from fnfuzz.extensions import ExtensionError, check, extended, in_force
from fnfuzz.extensions.fuse import Fuse, Home, Notices, Overtime, timed
from fnfuzz.fuzz.feeds import event_sources, legal_event
from fnfuzz.host.exchange import Exchange
from fnfuzz.rules import RULES

HEAD = "from fnfuzz.extensions import *\n"
CHECK = HEAD + '@check(rule="shop/a", title="Good", severity="error", remedy="Mend.")\n'
QUEUE = Function(name="Orders", trigger="queue", contract="azure-http")
CHECKOUT = Function(name="Checkout", trigger="http", contract="azure-http", methods=("POST",))


@pytest.fixture
def exchange() -> Exchange:
    return an_exchange(QueueEvent(message=b"{}"))


def file_of(folder: Path, text: str, name: str = "fnfuzz_ext.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def said(folder: Path, exchange: Exchange, body: str, times: int = 1) -> tuple[list[str], list[str]]:
    """The messages of a check with this body for an exchange, and what is told of it."""
    with extended([file_of(folder, f"{CHECK}def good(app, exchange):\n    {body}\n")]) as extensions:
        (observer,) = extensions.observers
        found = [item for _ in range(times) for item in observer.watch(an_app(folder), exchange)]
        return [item.message for item in found], extensions.notices.take()


# -- loading


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f(:\n", "fnfuzz_ext.py:1: SyntaxError: invalid syntax"),
        ("x = 1\nimport nothing_like_it\n", "fnfuzz_ext.py:2: ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("import sys\nsys.exit('bye')\n", "fnfuzz_ext.py:2: SystemExit: bye"),
        ("a\x00b", "fnfuzz_ext.py"),
        ("x = 1\n", "nothing in it has @check"),
        (f"{CHECK}def f(app):\n    pass\n", "fnfuzz_ext.py:2: TypeError: a check is called with (app, exchange)"),
        (f"{CHECK}async def f(app, exchange):\n    pass\n", "TypeError: a check is no async function"),
        (CHECK.replace("shop/a", "server-error") + "def f(app, exchange):\n    pass\n", "named GROUP/NAME"),
        (CHECK.replace('"error"', '"fatal"') + "def f(app, exchange):\n    pass\n", "not 'fatal'"),
        (
            CHECK.replace("remedy", "contracts=['azure'], remedy") + "def f(app, exchange):\n    pass\n",
            "no contract is",
        ),
        (
            f"{HEAD}@mutator('m', weight=2)\ndef f(event, random):\n    pass\n",
            "weight is a number above 0, 0.5 at most",
        ),
        (f"{HEAD}@contract('azure-http')\nclass C:\n    def encode(self, f, e, d): ...\n", "decode of contract"),
        (
            f"{HEAD}@contract('shop')\nclass C:\n    def __init__(self):\n        1 / 0\n"
            "    def encode(self, f, e, d): ...\n    def decode(self, f, e, d, o): ...\n",
            "fnfuzz_ext.py:5: contract shop cannot be made: ZeroDivisionError",
        ),
        (
            f"{CHECK}def f(app, exchange): ...\n" + CHECK.removeprefix(HEAD) + "def g(app, exchange): ...\n",
            "there already",
        ),
    ],
)
def test_what_cannot_be_loaded_is_told_with_file_and_line(text: str, wanted: str, tmp_path: Path) -> None:
    path = file_of(tmp_path, text)
    done = CliRunner().invoke(fnfuzz, ["rules", "--extension", str(path)])
    assert done.exit_code == 2
    assert done.output.startswith("fnfuzz: extension ")
    assert wanted in done.output
    assert "Traceback" not in done.output
    assert not any("/" in name for name in RULES)


@pytest.mark.parametrize("name", ["missing.py", "."])
def test_a_file_that_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(fnfuzz, ["run", "--extension", str(tmp_path / name), str(tmp_path)])
    assert done.exit_code == 2
    assert done.output.startswith("fnfuzz: extension ")
    assert "name a Python file" in done.output


def test_what_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fnfuzz.extensions.loading.PATIENCE", 0.2)
    path = file_of(tmp_path, "import time\nwhile True: time.sleep(0.01)\n")
    wanted = r"fnfuzz_ext\.py:2: loading it takes longer than 0\.2 s"
    with pytest.raises(ExtensionError, match=wanted), extended([path]):
        pass


def test_afterwards_nothing_of_it_is_left(tmp_path: Path) -> None:
    path, modules, before = list(sys.path), set(sys.modules), in_force()
    file_of(tmp_path, "TITLE = 'Good'\n", "shop_words_of_a_test.py")
    text = CHECK.replace('"Good"', "TITLE").replace(HEAD, f"{HEAD}from shop_words_of_a_test import TITLE\n")
    with extended([file_of(tmp_path, f"{text}def f(app, exchange): ...\n")]):
        assert RULES["shop/a"].title == "Good"
        assert RULES["shop/a"].source.startswith("own check in ")
    sys.modules.pop("shop_words_of_a_test")
    assert (sys.path, set(sys.modules), in_force()) == (path, modules, before)
    assert "shop/a" not in RULES


def test_the_same_file_twice_is_loaded_once(tmp_path: Path) -> None:
    path = file_of(tmp_path, f"{CHECK}def f(app, exchange): ...\n")
    with extended([path, path]), extended([path]) as extensions:
        assert len(extensions.observers) == 1
    assert "shop/a" not in RULES


# -- installed ones


def install(folder: Path, module: str, text: str, group: str = "fnfuzz.extensions", name: str = "shop") -> None:
    """A distribution in ``folder``, as far as entry points look at it."""
    (folder / f"{module}.py").write_text(text)
    (folder / f"{module}-1.2.dist-info").mkdir()
    (folder / f"{module}-1.2.dist-info" / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.2\n"
    )
    (folder / f"{module}-1.2.dist-info" / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")


def test_an_installed_module_is_in_force_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "shop_checks_of_a_test", f"{CHECK}def f(app, exchange): ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    done = CliRunner().invoke(fnfuzz, ["rules", "shop/a"])
    assert done.exit_code == 0, done.output
    assert "own check in shop_checks_of_a_test (shop_checks_of_a_test 1.2)" in done.output


@pytest.mark.parametrize("group", ["fnfuzz.extensions", "fnfuzz.events"])
def test_one_that_cannot_be_loaded_is_told_with_its_distribution(
    group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, f"shop_broken_{group[7:]}", "import nothing_like_it\n", group)
    monkeypatch.syspath_prepend(tmp_path)
    wanted = r"installed extension shop of shop_broken_\w+ 1\.2.*nothing_like_it"
    with pytest.raises(ExtensionError, match=wanted) as told, extended():
        event_sources()
    assert told.value.hint.startswith("update or uninstall shop_broken_")


def test_a_run_ends_for_a_broken_event_source_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "shop_broken_source", "1 / 0\n", "fnfuzz.events")
    monkeypatch.syspath_prepend(tmp_path)
    shop = make_checkout(tmp_path / "shop")
    done = CliRunner().invoke(fnfuzz, ["run", str(shop), "--contract", "azure-forward", "--max-cases", "1"])
    assert done.exit_code == 2
    assert "fnfuzz: installed extension shop of shop_broken_source 1.2" in done.output
    assert "ZeroDivisionError" in done.output


# -- checks


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("pass", []),
        ("return 'one'", ["one"]),
        ("return ['one', Violation('shop/a', 'two', 'here')]", ["one", "two"]),
        ("yield 'half \\ud800'", ["half \\ud800"]),
        ("yield from ('x' * 5000 for _ in range(10**9))", ["x" * 2000] * 20),
    ],
)
def test_a_check_gives_nothing_one_or_several(body: str, wanted: list[str], tmp_path: Path, exchange: Exchange) -> None:
    assert said(tmp_path, exchange, body) == (wanted, [])


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (
            "raise KeyError('x')",
            "own check shop/a raised KeyError: 'x' (*:4); it is switched off for the rest of the run",
        ),
        ("exit(3)", "own check shop/a raised SystemExit: 3"),
        ("return 7", "own check shop/a raised TypeError: it gives int; texts or Violations are wanted"),
        ("return [b'x']", "own check shop/a raised TypeError: it gives bytes"),
        ("yield Violation('server-error', 'x')", "reports the rule 'server-error', but is the check of 'shop/a'"),
        ("yield Violation('shop/a', 7)", "rule, message and place of a Violation are texts"),
        ("return good(app, exchange)", "own check shop/a raised RecursionError"),
    ],
)
def test_a_check_that_fails_is_told_once_and_switched_off(
    body: str, wanted: str, tmp_path: Path, exchange: Exchange
) -> None:
    found, (note,) = said(tmp_path, exchange, body, times=5)
    assert found == []
    assert wanted.replace("*", str(tmp_path / "fnfuzz_ext.py")) in note


def test_a_check_that_never_ends_is_given_up(
    tmp_path: Path, exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fnfuzz.extensions.force.CALL", 0.1)
    found, (note,) = said(tmp_path, exchange, "while True: pass", times=5)
    assert found == []
    assert "own check shop/a took longer than 0.1 s" in note
    assert "fnfuzz_ext.py:4" in note


def test_what_a_check_prints_does_not_get_into_reports(
    tmp_path: Path, exchange: Exchange, capsys: pytest.CaptureFixture[str]
) -> None:
    said(tmp_path, exchange, "print('hello')")
    assert capsys.readouterr() == ("", "hello\n")


def test_a_slow_one_is_told_and_goes_on() -> None:
    notices = Notices()
    fuse = Fuse("own check a", Home("x"), notices, 2.0, quick=True)
    fuse._spent(0.9)
    assert notices.take() == []
    fuse._spent(0.2)
    assert notices.take() == ["own check a is slow: 550 ms for each call"]
    assert not fuse.blown


# -- time


def test_an_alarm_of_somebody_else_goes_off_as_it_would() -> None:
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(time.monotonic()))
    began = time.monotonic()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Overtime):
            timed(0.05, time.sleep, 5)
        assert timed(5.0, lambda: 7) == 7
        while not rung and time.monotonic() < began + 5:
            time.sleep(0.01)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert 0.15 < rung[0] - began < 2


def test_in_another_thread_nothing_is_interrupted() -> None:
    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(timed(0.01, lambda: time.sleep(0.05) or 7)))
    thread.start()
    thread.join(10)
    assert done == [7]


# -- mutators and event sources


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (HttpEvent(method="POST", path="/api/Checkout", body=b"{ }"), ""),
        (HttpEvent(method="POST", path="/api/Checkout", headers=(("X-A", "1"),), query=(("a", "b"),)), ""),
        (HttpEvent(method="POST", path="/api/Checkout", headers=[["X-A", "1"]]), ""),  # type: ignore[arg-type]
        (HttpEvent(method="DELETE", path="/api/Checkout"), "no host can deliver it"),
        (HttpEvent(method="POST", path="/elsewhere"), "with this path"),
        (HttpEvent(method="POST", path="/api/Checkout", headers=(("Content-Length", "7"),)), "no host can deliver it"),
        (HttpEvent(method="POST", path="/api/Checkout", headers=(("X", "a\nb"),)), "no host can deliver it"),
        (HttpEvent(method="POST", path="/api/Checkout", body="text"), "wrong type of body"),  # type: ignore[arg-type]
        (HttpEvent(method=7, path=None), "it is no event of its kind"),  # type: ignore[arg-type]
        (QueueEvent(), "it is a queue event"),
        ("text", "str is no event"),
    ],
)
def test_what_others_make_is_held_to_the_law_of_our_own_events(made: object, wanted: str) -> None:
    told = legal_event(made, typical_event(CHECKOUT), CHECKOUT)
    if wanted:
        assert isinstance(told, str)
        assert wanted in told
    else:
        assert isinstance(told, HttpEvent)
        assert hash(told)


@pytest.mark.parametrize(
    "function", [QUEUE, Function(name="b", trigger="blob", contract="azure-http", source="in/{x}")]
)
def test_every_event_of_ours_is_legal(function: Function) -> None:
    for event in event_sources()["seeds"](function, 50, 1):
        assert legal_event(event, event, function) == event
    changed = QueueEvent(id="other") if function is QUEUE else BlobEvent(modified="other")
    assert "no host can deliver it with this" in str(legal_event(changed, typical_event(function), function))


@given(st.from_type(HttpEvent) | st.from_type(QueueEvent) | st.builds(BlobEvent, name=st.integers()) | st.integers())
def test_whatever_is_made_is_an_event_or_a_reason(made: object) -> None:
    for function in (QUEUE, CHECKOUT):
        told = legal_event(made, typical_event(function), function)
        assert isinstance(told, str) or (told.trigger == function.trigger and hash(told) is not None)


def test_an_event_source_may_be_endless_and_half_wrong(tmp_path: Path) -> None:
    text = (
        f"{HEAD}import itertools\n@events('queue')\ndef orders(function, count, seed):\n"
        "    for n in itertools.count():\n        yield QueueEvent(message=b'%d' % n) if n % 2 else 7\n"
    )
    with extended([file_of(tmp_path, text)]) as extensions:
        told = list(event_sources()["seeds"](QUEUE, 10, 1))
        assert [event.message for event in told[:5] if isinstance(event, QueueEvent)] == [b"1", b"3", b"5", b"7", b"9"]
        (note,) = extensions.notices.take()
        assert note == "own event source orders: an event for Orders is left out: int is no event"


def test_an_event_source_that_fails_is_told(tmp_path: Path) -> None:
    text = f"{HEAD}@events('Ord*')\ndef orders(function, count, seed):\n    raise OSError('gone')\n"
    with extended([file_of(tmp_path, text)]) as extensions:
        sources = event_sources()
        assert list(sources["seeds"](QUEUE, 10, 1)) == list(sources["seeds"](QUEUE, 10, 1)) != []
        (note,) = extensions.notices.take()
        assert note.startswith("own event source orders raised OSError: gone (")


def test_a_run_goes_on_when_everything_of_it_fails(tmp_path: Path) -> None:
    text = f"""{CHECK}
def bad_check(app, exchange):
    return {{}}[1]

@probe(rule="shop/b", title="Good", severity="error", remedy="Mend.")
def bad_probe(host, function):
    host.invoke(function, typical_event(function))
    raise ValueError("no")

@mutator("bad")
def bad_mutator(event, random):
    random.nothing()

@mutator("illegal")
def illegal(event, random):
    return HttpEvent(path="/elsewhere")
"""
    shop = make_checkout(tmp_path / "shop")
    events = played(shop, file_of(tmp_path, text), cases=120, phases=("probes", "explore"))
    assert rules_found(events) == set()
    told = sorted(note.split(" (")[0].split(": it is")[0] for note in noted(events))
    assert told == [
        "own check shop/a raised KeyError: 1",
        "own mutator bad raised AttributeError: 'Random' object has no attribute 'nothing'",
        "own mutator illegal: an event that it made for Checkout is left out: no host can deliver it to this function",
        "own probe shop/b raised ValueError: no",
    ]


def test_several_workers_tell_each_thing_once(tmp_path: Path) -> None:
    shop = make_checkout(tmp_path / "shop")
    path = file_of(tmp_path, f"{CHECK}def f(app, exchange):\n    return {{}}[exchange.event.body]\n")
    events = played(shop, path, cases=150, phases=("explore",), jobs=2)
    assert len([note for note in noted(events) if "own check shop/a raised KeyError" in note]) == 1


# -- contracts and reports


CONTRACT = f"""{HEAD}
@contract("shop-rpc", port="SHOP_PORT", transport="TRANSPORT")
class ShopRpc:
    def encode(self, function, event, delivery):
        ENCODE
    def decode(self, function, event, delivery, observed):
        DECODE
"""
HTTP_REQUEST = "return HttpRequest('POST', '/rpc', (), b'{\"id\": 1, \"params\": \"\"}')"


def contract_of(folder: Path, encode: str, decode: str = "return HostOutcome(status='completed')") -> Path:
    return file_of(folder, CONTRACT.replace("TRANSPORT", "http").replace("ENCODE", encode).replace("DECODE", decode))


@pytest.mark.parametrize(
    ("encode", "decode", "wanted"),
    [
        (HTTP_REQUEST, "return 7", "own contract shop-rpc raised TypeError: decode gives int"),
        (HTTP_REQUEST, "raise KeyError('x')", "own contract shop-rpc raised KeyError: 'x'"),
        (
            HTTP_REQUEST,
            "return Verdict(HostOutcome(status='completed'), (Violation('shop-rpc/none', 'x'),))",
            "decode reports 'shop-rpc/none', which is none of the known rules",
        ),
        ("return b'x'", "pass", "own contract shop-rpc raised TypeError: encode gives bytes"),
        ("return HttpRequest('POST', '/a\\nb', ())", "pass", "a line break or a zero"),
        ("return HttpRequest('POST', '/', (('Content-Length', '7'),))", "pass", "a header of the framing"),
    ],
)
def test_a_contract_that_fails_is_told_and_the_run_ends_as_it_would(
    encode: str, decode: str, wanted: str, tmp_path: Path
) -> None:
    shop = make_checkout(tmp_path / "shop")
    events = played(shop, contract_of(tmp_path, encode, decode), cases=8, contract="shop-rpc", phases=("explore",))
    (note,) = noted(events)
    assert wanted in note
    assert rules_found(events) == set()


def test_events_that_a_contract_does_not_carry_end_a_run_in_the_end(tmp_path: Path) -> None:
    shop = make_checkout(tmp_path / "shop")
    path = contract_of(tmp_path, "raise ValueError('not today')")
    events = played(shop, path, cases=5000, contract="shop-rpc", phases=("explore",))
    last = events[-1]
    assert (last.ended, last.error) == (  # type: ignore[union-attr] # the last one is RunFinished
        "lost",
        "contract shop-rpc does not carry the event: not today",
    )


def test_lines_are_driven_too(tmp_path: Path) -> None:
    text = CONTRACT.replace("TRANSPORT", "lines").replace("ENCODE", "return LineRequest(b'[1]')")
    text = text.replace("DECODE", "return HostOutcome(status='completed', result=observed.reply.lines[0])")
    path = file_of(tmp_path, text)
    handler = tmp_path / "handler.py"
    handler.write_text("import sys\nfor line in sys.stdin:\n    print('{\"got\": %s}' % line.strip(), flush=True)\n")
    command = ["invoke", str(tmp_path), "--extension", str(path), "--contract", "shop-rpc", "--json"]
    done = CliRunner().invoke(fnfuzz, [*command, "--", sys.executable, str(handler)])
    assert done.exit_code == 0, done.output
    assert '"result": "{\\"got\\": [1]}"' in done.output


def test_without_a_whole_answer_decode_is_not_asked(tmp_path: Path) -> None:
    with extended([contract_of(tmp_path, HTTP_REQUEST, "1 / 0")]) as extensions:
        codec = extensions.codecs["shop-rpc"]()
        verdict = codec.decode(QUEUE, QueueEvent(), Delivery(), Observed())
        assert verdict.outcome.status == "failed"
        assert extensions.notices.take() == []


@pytest.mark.parametrize(
    ("broken", "code", "wanted"),
    [
        ("__init__", 2, "own report shop raised OSError: no"),
        ("start", 2, "own report shop raised OSError: no"),
        ("handle", 0, "own report shop raised OSError: no"),
        ("finish", 0, "own report shop raised OSError: no"),
    ],
)
def test_a_report_that_fails_is_told_and_others_are_written(
    broken: str, code: int, wanted: str, tmp_path: Path
) -> None:
    methods = {"__init__": "self, context, path", "start": "self", "handle": "self, event", "finish": "self"}
    text = f"{HEAD}@reporter('shop')\nclass Shop:\n" + "".join(
        f"    def {name}({words}):\n        {'raise OSError(chr(110) + chr(111))' if name == broken else 'pass'}\n"
        for name, words in methods.items()
    )
    path = file_of(tmp_path, text)
    other = tmp_path / "report.json"
    command = ["check", str(make_checkout(tmp_path / "shop")), "--contract", "azure-forward", "--max-time", "500ms"]
    reports = ["--extension", str(path), "--report", "shop=x", "--report", f"json={other}"]
    done = CliRunner().invoke(fnfuzz, [*command, *reports])
    assert done.exit_code == code, done.output
    assert wanted in done.output.replace("\n", " ")
    assert "Traceback" not in done.output
    assert other.exists() == (code == 0)


# -- case files


def test_a_case_of_an_own_rule_needs_its_extension(tmp_path: Path) -> None:
    shop = make_checkout(tmp_path / "shop")
    path = file_of(tmp_path, f"{CHECK}def f(app, exchange):\n    yield 'bad'\n")
    played_case = tmp_path / "case.json"
    played_case.write_text(
        '{"schema": "fnfuzz.case/1", "function": "Checkout", "rule": "shop/a", "trigger": "http",'
        ' "events": [{"trigger": "http", "method": "POST", "path": "/api/Checkout"}]}'
    )
    command = ["invoke", str(shop), "--contract", "azure-forward", "--event", str(played_case)]
    done = CliRunner().invoke(fnfuzz, command)
    assert done.exit_code == 2
    assert "'shop/a' is that of an extension which is not loaded; name its file with --extension" in done.output
    done = CliRunner().invoke(fnfuzz, [*command, "--extension", str(path)])
    assert done.exit_code == 1
    assert "STILL FAILING: this case breaks shop/a" in done.output


def test_a_decorated_function_can_be_called_as_before() -> None:
    @check(rule="shop/b", title="Good", severity="error", remedy="Mend.")
    def good(app: object, exchange: object) -> str:
        return "called"

    assert good(None, None) == "called"


def test_no_rule_of_ours_has_the_form_of_an_own_one() -> None:
    assert not any("/" in name for name in RULES)
