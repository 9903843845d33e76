"""The plugin's fixtures, marker, collection and options, each in a project of its own with a real handler."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.kit.driven import alive
from tests.harness.kit.shop import make_shop
from tests.harness.kit.tested import ORDER, PLAIN, add_case, app_line, pytest_run, record_shop, spoil

import fnfuzz.pytest_plugin.items
from fnfuzz.contracts.model import HttpReply, HttpRequest
from fnfuzz.corpus import Corpus, Record
from fnfuzz.pytest_plugin.naming import NamingError, named

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good shop, which no test changes."""
    return make_shop(tmp_path_factory.mktemp("good") / "shop", fault="spoilt")


@pytest.fixture(scope="module")
def orders(shop: Path) -> Path:
    """What the good shop answers, which no test changes."""
    folder = shop.parent / "orders"
    record_shop(shop, folder)
    return folder


@pytest.fixture(autouse=True)
def outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)


@pytest.fixture
def own(pytester: pytest.Pytester) -> tuple[Path, Path]:
    """A shop and its recorded answers inside the project, to be changed."""
    mine = make_shop(pytester.path / "shop", fault="spoilt")
    record_shop(mine, pytester.path / "corpora" / "orders")
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\n")
    return mine, pytester.path / "corpora" / "orders"


def test_one_instance_serves_all_tests_and_is_replaced_after_a_crash_and_ended_at_the_end(
    pytester: pytest.Pytester,
) -> None:
    mine = make_shop(pytester.path / "shop")
    spoil(mine, "body = self.read_body()", "body = self.read_body()\n        if b'die' in body: os._exit(3)")
    spoil(mine, "BREAK =", "open('pids', 'a').write(f'{os.getpid()}\\n')\nBREAK =")
    pytester.makepyfile("""
        from fnfuzz.events import HttpEvent, QueueEvent

        def test_first(fnfuzz_host):
            exchange = fnfuzz_host.invoke(QueueEvent(message=b"1"))
            assert exchange.completed
            assert exchange.violations == () and not exchange.errors and not exchange.warnings
            assert exchange.outcome.delivery == "deleted"

        def test_second(fnfuzz_host, fnfuzz_app):
            exchange = fnfuzz_host.invoke("Hello", HttpEvent(method="POST", path="/api/Hello"))
            assert (exchange.caller.status, exchange.caller.body) == (200, b"hi")
            assert fnfuzz_host.starts == 1
            assert {item.name for item in fnfuzz_app.functions} == {"Hello", "Orders"}

        def test_third(fnfuzz_host):
            exchange = fnfuzz_host.invoke("Orders", QueueEvent(message=b'"die"'))
            assert not exchange.completed
            assert [item.rule for item in exchange.errors] == ["proc-crash"]

        def test_fourth(fnfuzz_host):
            assert fnfuzz_host.invoke(QueueEvent(message=b"1")).completed
            assert fnfuzz_host.starts == 2
            fnfuzz_host.fresh()
            assert fnfuzz_host.starts == 3
    """)
    result = pytest_run(pytester, "--fnfuzz-app", app_line(Path("shop")))
    result.assert_outcomes(passed=4)
    pids = [int(line) for line in (mine / "pids").read_text().split()]
    assert len(pids) >= 3
    assert not any(alive(pid) for pid in pids)


def test_an_exchange_reads_well_and_a_late_end_is_told_by_the_next_one(pytester: pytest.Pytester) -> None:
    mine = make_shop(pytester.path / "shop")
    late = "__import__('threading').Timer(0.05, os._exit, [3]).start()"
    spoil(mine, "body = self.read_body()", f"body = self.read_body()\n        if b'die' in body: {late}")
    spoil(mine, '"body": "hi"}}', '"body": "[1]"}, "out": "put"}')
    pytester.makepyfile("""
        import pytest
        from fnfuzz.events import HttpEvent, QueueEvent
        from fnfuzz.pytest_plugin.telling import HandlerWarning

        def test_it(fnfuzz_host):
            hello = fnfuzz_host.invoke("Hello", HttpEvent(method="POST", path="/api/Hello"))
            assert hello.json == [1]
            assert hello.output("out") == ()
            assert "POST /Hello HTTP/1.1" in str(hello) and "the HTTP caller gets 200" in str(hello)
            order = fnfuzz_host.invoke(QueueEvent(message=b'"die"'))
            with pytest.raises(AssertionError, match="the answer is no JSON"):
                order.json
            assert fnfuzz_host.played.instance.wait_exit(10)
            with pytest.warns(HandlerWarning, match=r"after an earlier answer \\(Orders, queue\\): error.proc-crash"):
                assert fnfuzz_host.invoke(QueueEvent(message=b"1")).completed
    """)
    pytest_run(pytester, "--fnfuzz-app", app_line(Path("shop"))).assert_outcomes(passed=1)


def test_a_failing_assertion_shows_request_answer_and_the_hosts_view(pytester: pytest.Pytester, shop: Path) -> None:
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(shop)}\n")
    pytester.makepyfile("""
        from fnfuzz.events import QueueEvent
        def test_bad(fnfuzz_host):
            exchange = fnfuzz_host.invoke(QueueEvent(message=b'"spoilt"'))
            assert not exchange.errors
        def test_no_client(fnfuzz_host):
            assert fnfuzz_host.invoke(QueueEvent(message=b"1")).caller.status == 200
        def test_good_for_fnfuzz(fnfuzz_host):
            assert fnfuzz_host.app.functions
    """)
    result = pytest_run(pytester)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "fnfuzz app: *shop",
            "*fnfuzz: the last event*",
            "request",
            "*POST /Orders HTTP/1.1",
            "got",
            "*HTTP/1.1 500 *",
            "the host",
            "*the invocation fails: *",
            "*the message is delivered again",
            "stderr",
            "*cannot do *that",
            "rules broken",
            "*error[[]resp-status-non2xx[]]*",
            "*no client receives anything*",
        ]
    )


def test_a_marker_makes_one_test_for_each_record(pytester: pytest.Pytester, shop: Path, orders: Path) -> None:
    first, second = [name[:12] for name, _ in Corpus.open(orders).items()]
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(shop)}\n")
    pytester.makepyfile(f"""
        import pytest
        from fnfuzz.events import QueueEvent

        @pytest.mark.fnfuzz_corpus({str(orders)!r})
        def test_asked(fnfuzz_record):
            fnfuzz_record.check()
            assert fnfuzz_record.record.function in ("Orders", "Hello")

        @pytest.mark.fnfuzz_corpus({str(orders)!r}, trigger="queue")
        class TestQueue:
            def test_chosen(self, fnfuzz_record):
                assert isinstance(fnfuzz_record.record.event, QueueEvent)
                assert fnfuzz_record.replay().completed

        @pytest.mark.fnfuzz_corpus({str(orders)!r})
        @pytest.mark.parametrize("number", [1])
        def test_alone(number):
            assert number == 1
    """)
    result = pytest_run(pytester, "-v")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines_random(
        [
            f"*::test_asked[[]Orders-queue-{first}[]] PASSED*",
            f"*::test_asked[[]Hello-http-{second}[]] PASSED*",
            f"*::test_chosen[[]Orders-queue-{first}[]] PASSED*",
            f"*::test_alone[[]*Hello-http-{second}*[]] PASSED*",
        ]
    )


def test_a_corpus_folder_is_collected_and_its_failures_tell_everything(
    pytester: pytest.Pytester, own: tuple[Path, Path]
) -> None:
    pytest_run(pytester).assert_outcomes(passed=2)
    spoil(own[0], '"body": "hi"', '"body": "bye"')
    pytester.makepyfile("""
        import pytest
        @pytest.mark.fnfuzz_corpus("corpora/orders", trigger="http")
        def test_marked():
            raise AssertionError("the record is checked before")
    """)
    result = pytest_run(pytester)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*orders: Hello-http-*",
            "Hello (http, azure-http): another answer than the recorded one",
            "request",
            "*POST /Hello HTTP/1.1",
            "expected",
            '*"body": "hi"*',
            "got",
            '*"body": "bye"*',
            "the host",
            "*the HTTP caller gets 200 and 3 bytes",
            "differences",
            '*medium: $.Outputs.res.body was "hi", is "bye"',
            "`fnfuzz corpus show corpora/orders *` prints the record",
            "*--fnfuzz-accept",
            "*test_marked*",
            "*another answer than the recorded one",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "the record is checked before" not in result.stdout.str()


def test_what_was_learnt_to_be_noise_is_no_difference(pytester: pytest.Pytester, own: tuple[Path, Path]) -> None:
    spoil(own[0], '"body": "hi"', '"body": "bye"')
    noise = own[1] / "noise.toml"
    noise.write_text('version = 1\n[[mask]]\nfunction = "Hello"\npath = "$.Outputs.res.body"\nkinds = ["text"]\n')
    pytest_run(pytester).assert_outcomes(passed=2)
    noise.write_text("version = 1\n[[mask]]\nkinds = 3\n")
    result = pytest_run(pytester)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*noise.toml mask 1: kinds must be*"])


def test_without_an_app_a_corpus_is_no_test(pytester: pytest.Pytester, orders: Path) -> None:
    pytester.makepyfile("def test_it(): pass")
    (pytester.path / "corpora").symlink_to(orders.parent)
    pytest_run(pytester).assert_outcomes(passed=1)


def test_another_programs_corpus_json_is_no_test(pytester: pytest.Pytester, shop: Path) -> None:
    pytester.path.joinpath("corpus.json").write_text('{"texts": []}')
    result = pytest_run(pytester, "--fnfuzz-app", app_line(shop))
    result.assert_outcomes()
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_new_answers_are_accepted_but_never_broken_rules(pytester: pytest.Pytester, own: tuple[Path, Path]) -> None:
    shop, corpus = own
    spoil(shop, '"body": "hi"', '"body": "bye"')
    spoil(shop, "'spoilt'", "'order'")
    result = pytest_run(pytester, "--fnfuzz-accept")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*error[[]resp-status-non2xx[]]*",
            "fnfuzz: 1 new answer accepted into *orders",
        ]
    )
    replies = {record.function: record.reply for _, record in Corpus.open(corpus).items()}
    hello, order = replies["Hello"], replies["Orders"]
    assert isinstance(hello, HttpReply)
    assert isinstance(order, HttpReply)
    assert b'"bye"' in hello.body
    assert order.status == 200
    spoil(shop, "'order'", "'spoilt'")
    pytest_run(pytester).assert_outcomes(passed=2)


def test_what_cannot_be_written_is_told_and_fails_the_run(pytester: pytest.Pytester, own: tuple[Path, Path]) -> None:
    spoil(own[0], '"body": "hi"', '"body": "bye"')
    with Corpus.open(own[1]).writer():
        result = pytest_run(pytester, "--fnfuzz-accept")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["fnfuzz: nothing was accepted: *is being written to; stop that first"])
    pytest_run(pytester).assert_outcomes(passed=1, failed=1)


def test_accepting_is_refused_in_ci(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    result = pytest_run(pytester, "--fnfuzz-accept")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--fnfuzz-accept changes corpora, so it is refused where the variable CI is set*"])


def test_workers_of_xdist_have_an_instance_each_and_accept_together(
    pytester: pytest.Pytester, own: tuple[Path, Path]
) -> None:
    shop, corpus = own
    spoil(shop, "BREAK =", "open('pids', 'a').write(f'{os.getpid()}\\n')\nBREAK =")
    spoil(shop, '"body": "hi"', '"body": "bye"')
    spoil(shop, "else {}}", 'else {"note": 1}}')
    result = pytester.runpytest_subprocess(
        *PLAIN, "-p", "no:hypothesispytest", "-n", "2", "--dist", "each", "--fnfuzz-accept"
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["fnfuzz: 2 new answers accepted into *orders"])
    pids = [int(line) for line in (shop / "pids").read_text().split()]
    assert len(set(pids)) == 2
    assert not any(alive(pid) for pid in pids)
    pytest_run(pytester).assert_outcomes(passed=2)
    assert len(Corpus.open(corpus)) == 2


def test_records_of_every_kind_have_a_fate(pytester: pytest.Pytester, shop: Path) -> None:
    good = HttpReply(200, "OK", (("Content-Type", "application/json"),), b"")
    ping = HttpRequest("GET", "/", (("Host", "localhost"),))
    records = (
        Record(function="Orders", event=ORDER, number=1),
        Record(contract="azure-http", request=ping, reply=good, number=2),
        Record(contract="azure-http", request=ping, reply=HttpReply(404, "Not Found", (), b""), number=3),
        Record(function="Gone", event=ORDER, number=4),
        Record(number=5),
    )
    corpus = Corpus.create(pytester.path / "mixed")
    with corpus.writer() as writer:
        for record in (*records, records[0]):
            writer.add(record)
    result = pytest_run(pytester, "--fnfuzz-app", app_line(shop), "-rs")
    result.assert_outcomes(passed=2, failed=2, skipped=1)
    result.stdout.fnmatch_lines_random(
        ["*high: status was 404, is 200*", "*cannot be sent: the app has no queue function Gone*", "SKIPPED*no*event*"]
    )


def test_damage_of_a_corpus_is_a_failure_beside_the_tests_that_are_left(
    pytester: pytest.Pytester, own: tuple[Path, Path]
) -> None:
    segment = next((own[1] / "segments").iterdir())
    segment.write_bytes(segment.read_bytes() + b"nonsense")
    result = pytest_run(pytester)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*orders: damaged*", "*orders is damaged:", "segments/*, byte *"])


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("@pytest.mark.fnfuzz_corpus\ndef test_it(fnfuzz_record): pass", "*takes the name of a folder*"),
        ("@pytest.mark.fnfuzz_corpus(7)\ndef test_it(): pass", "*takes the name of a folder*"),
        ('@pytest.mark.fnfuzz_corpus("none")\ndef test_it(): pass', "*none: there is no such folder*"),
        ('@pytest.mark.fnfuzz_corpus("ORDERS", tirgger="http")\ndef test_it(): pass', "*tirgger*"),
        (
            '@pytest.mark.fnfuzz_corpus("ORDERS", function="typo")\ndef test_it(fnfuzz_record): pass',
            "*no record of *orders passes function='typo'",
        ),
        (
            "def test_it(fnfuzz_host): fnfuzz_host.invoke(fnfuzz.events.QueueEvent(message='x'))",
            "*ValueError: it is no event of its kind: wrong type of message",
        ),
        ('@pytest.mark.fnfuzz_cases("none")\ndef test_it(): pass', "*none: No such file or directory"),
        ('@pytest.mark.fnfuzz_cases("none", x=1)\ndef test_it(): pass', "*takes no x=*"),
        ("def test_it(fnfuzz_record): pass", '*fnfuzz_record needs a marker*@pytest.mark.fnfuzz_corpus("folder")*'),
        ("def test_it(fnfuzz_host): fnfuzz_host.invoke(7)", "*TypeError: invoke takes an event*"),
        (
            "def test_it(fnfuzz_host): fnfuzz_host.invoke(fnfuzz.events.BlobEvent())",
            "*LookupError: no function is fed*",
        ),
        ("def test_it(fnfuzz_host): fnfuzz_host.invoke('Hallo', fnfuzz.events.HttpEvent())", "*did you mean Hello*"),
    ],
)
def test_wrong_use_is_told(pytester: pytest.Pytester, shop: Path, orders: Path, source: str, told: str) -> None:
    pytester.makepyfile(f"import pytest\nimport fnfuzz.events\n{source.replace('ORDERS', str(orders))}\n")
    result = pytest_run(pytester, "--fnfuzz-app", app_line(shop))
    assert result.ret != 0
    result.stdout.fnmatch_lines([told])
    assert "INTERNALERROR" not in result.stdout.str()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "*which app? Name it in the ini file*"),
        ("./none", "*none: there is no such file or folder*"),
        ("'./none", "*No closing quotation*"),
        ("--contract telnet .", "*telnet: there is no such contract*"),
        ("--help", "*names no app*"),
        ("python -c pass", "*the process ended by itself*next: start it by hand*"),
    ],
)
def test_an_app_that_cannot_be_had_is_told(pytester: pytest.Pytester, words: str, told: str) -> None:
    pytester.makeini(f"[pytest]\nfnfuzz_app = {words}\n")
    pytester.makepyfile("def test_it(fnfuzz_host): pass\ndef test_too(fnfuzz_app): pass")
    result = pytest_run(pytester)
    result.assert_outcomes(errors=2)
    assert any(part in result.stdout.str() for part in [told.strip("*").split("*")[0]])


def test_a_handler_that_does_not_start_fails_its_tests_with_what_it_said(pytester: pytest.Pytester) -> None:
    mine = make_shop(pytester.path / "shop")
    spoil(
        mine,
        "BREAK =",
        "print(len(open('starts', 'a').write('x') * 'no key') and 'no key', file=sys.stderr); sys.exit(3)\nBREAK =",
    )
    pytester.makepyfile("def test_it(fnfuzz_host): pass\ndef test_too(fnfuzz_host): pass")
    result = pytest_run(pytester, "--fnfuzz-app", app_line(Path("shop")))
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*the handler did not start: *exit code 3*", "*no key*", "*next: start it by hand*"])


@pytest.mark.parametrize(
    ("text", "target", "command"),
    [
        ("./shop", "./shop", ()),
        (".", ".", ()),
        ("bin/handler", "bin/handler", ()),
        ("node server.js --port 3", ".", ("node", "server.js", "--port", "3")),
        ("./app -- node server.js", "./app", ("node", "server.js")),
        ("-- python 'my app.py'", ".", ("python", "my app.py")),
    ],
)
def test_an_app_is_named_as_on_the_command_line_or_by_its_command(
    tmp_path: Path, text: str, target: str, command: tuple[str, ...]
) -> None:
    name, context = named(text, tmp_path)
    context.close()
    assert (name.target, name.command, name.path) == (target, command, tmp_path / target)


def test_patience_and_contract_are_part_of_the_words(tmp_path: Path) -> None:
    name, context = named("--contract fc-web --patience 2s --start-patience 1m .", tmp_path)
    context.close()
    assert (name.contract, name.patience, name.start_patience) == ("fc-web", 2.0, 60.0)
    with pytest.raises(NamingError, match="'soon' is no time"):
        named("--patience soon .", tmp_path)


def test_the_app_can_be_named_by_a_fixture(pytester: pytest.Pytester, shop: Path, orders: Path) -> None:
    pytester.makeconftest(f"""
        import pytest
        @pytest.fixture(scope="session")
        def fnfuzz_app():
            return {app_line(shop)!r}
    """)
    pytester.makepyfile(f"""
        import pytest
        def test_it(fnfuzz_host):
            assert fnfuzz_host.app.name
        @pytest.mark.fnfuzz_corpus({str(orders)!r})
        def test_marked(): pass
    """)
    pytest_run(pytester).assert_outcomes(passed=3)


def test_strategies_and_host_go_together_in_a_property(pytester: pytest.Pytester, shop: Path) -> None:
    pytester.makepyfile("""
        from hypothesis import given, settings, strategies as st
        from fnfuzz_strategies import events_for, queue_events

        @settings(max_examples=20, deadline=None, database=None)
        @given(event=queue_events(max_message=40))
        def test_every_order_is_taken(fnfuzz_host, event):
            exchange = fnfuzz_host.invoke("Orders", event)
            assert not exchange.errors

        @settings(max_examples=200, deadline=None, database=None, derandomize=True)
        @given(event=queue_events(messages=st.sampled_from([b"good", b"spoilt", b"spoilt and long"])))
        def test_some_order_is_not_taken(fnfuzz_host, event):
            assert fnfuzz_host.invoke(event).completed
    """)
    result = pytest_run(pytester, "--fnfuzz-app", app_line(shop))
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*fnfuzz: the last event*"])
    assert "message=b'spoilt'" in result.stdout.str()


def test_a_project_that_does_not_use_it_pays_nothing(tmp_path: Path) -> None:
    light = "import sys, pytest; before = set(sys.modules); import fnfuzz.pytest_plugin; "
    light += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", light], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["fnfuzz", "fnfuzz.pytest_plugin"]
    (tmp_path / "conftest.py").write_text(
        "import sys\nHEAVY = ('fnfuzz', 'click', 'msgpack', 'faker', 'hypothesis')\n"
        "def pytest_unconfigure():\n"
        "    print('LOADED', *(name for name in sys.modules if name.split('.')[0] in HEAVY))\n"
    )
    (tmp_path / "test_it.py").write_text("def test_it(): pass\n")
    (tmp_path / "package.json").write_text("{}")
    for more in ([], ["--collect-only"]):
        words = [sys.executable, "-m", "pytest", *PLAIN, "-p", "fnfuzz.pytest_plugin", *more]
        env = without_autoload()
        done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout
        loaded = next(line for line in done.stdout.splitlines() if "LOADED" in line).partition("LOADED")[2].split()
        assert sorted(loaded) == ["fnfuzz", "fnfuzz.pytest_plugin"]


def without_autoload() -> dict[str, str]:
    return {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_the_examples_of_the_documentation_run(pytester: pytest.Pytester, own: tuple[Path, Path]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 5
    for number, block in enumerate(blocks):
        (pytester.path / f"test_{number}.py").write_text(block)
    add_case(pytester.path / "tests" / "fnfuzz_cases" / "1.json", ORDER)
    pytest_run(pytester).assert_outcomes(passed=8)


def test_hypothesis_and_faker_are_imported_only_by_tests_that_use_them(
    pytester: pytest.Pytester, own: tuple[Path, Path]
) -> None:
    add_case(pytester.path / "cases" / "1.json", ORDER)
    pytester.makepyfile("""
        import sys, pytest
        @pytest.mark.fnfuzz_cases("cases")
        def test_it(fnfuzz_host, fnfuzz_case):
            fnfuzz_case.check()
            assert not {"hypothesis", "faker"} & set(sys.modules)
    """)
    words = [sys.executable, "-m", "pytest", *PLAIN, "-p", "fnfuzz.pytest_plugin"]
    done = subprocess.run(words, env=without_autoload(), capture_output=True, text=True, timeout=60)
    assert "3 passed" in done.stdout


def test_the_plugin_tells_what_it_offers(pytester: pytest.Pytester) -> None:
    told = pytest_run(pytester, "--help").stdout.str()
    assert all(
        word in told for word in ("--fnfuzz-app", "--fnfuzz-accept", "fnfuzz_app (string)", "fnfuzz_cases (paths)")
    )
    markers = pytest_run(pytester, "--markers").stdout.str()
    assert "@pytest.mark.fnfuzz_corpus(folder" in markers
    assert "@pytest.mark.fnfuzz_cases(path" in markers
    fixtures = pytest_run(pytester, "--fixtures").stdout.str()
    assert all(name in fixtures for name in fnfuzz.pytest_plugin.__all__)
