"""Tests in pytest have the configuration, and the extensions, that `fnfuzz invoke` of the same app would have."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.harness.kit.checkout import blocks, make_checkout
from tests.harness.kit.shop import make_shop
from tests.harness.kit.tested import HELLO, ORDER, PLAIN, add_case, app_line, pytest_run, record_shop, spoil

from fnfuzz.cli import fnfuzz
from fnfuzz.corpus import Corpus
from fnfuzz.extensions import in_force
from fnfuzz.pytest_plugin.sharing import Shared
from fnfuzz.rules import RULES

pytest_plugins = ["pytester"]

HEAD = "from fnfuzz.extensions import check\n"
CHECK = '@check(rule="shop/{name}", title="Good", severity="error", remedy="Mend.")\ndef {name}(app, exchange):\n    '
HI = 'event = HttpEvent(method="POST", path="/api/Hello")'
STEP = "open(sys.argv[1], 'a').write(os.environ.get('WORD', '') + sys.argv[2] + ' ')"


@pytest.fixture(autouse=True)
def alone(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A repository in which no variable of the machine's counts; and nothing of its extensions stays."""
    (pytester.path / ".git").mkdir()
    for name in [name for name in os.environ if name.startswith("FNFUZZ_") or name == "CI"]:
        monkeypatch.delenv(name)
    before = in_force(), dict(RULES), list(sys.path), signal.getsignal(signal.SIGALRM)
    yield
    assert (in_force(), dict(RULES), list(sys.path), signal.getsignal(signal.SIGALRM)) == before


@pytest.fixture
def shop(pytester: pytest.Pytester) -> Path:
    """A shop that fails for the message "spoilt", and whose Hello tells its variables and its headers."""
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\n")
    root = make_shop(pytester.path / "shop", fault="spoilt")
    said = '"body": os.environ.get("WORD", "") + "/" + str(b"Bearer 7" in body)'
    spoil(root, '"body": "hi"', said)
    return root


def configure(folder: Path, text: str) -> Path:
    path = folder / "fnfuzz.toml"
    path.write_text(text)
    return path


def write_tests(pytester: pytest.Pytester, text: str) -> None:
    pytester.makepyfile(f"import pytest\nfrom fnfuzz.events import HttpEvent, QueueEvent\n{HI}\n{text}")


def extension(path: Path, *checks: tuple[str, str]) -> Path:
    """A file with checks, by their names and bodies."""
    path.write_text(HEAD + "\n".join(CHECK.format(name=name) + body for name, body in checks) + "\n")
    return path


def step(word: str) -> str:
    """A command that writes a word, after the variable WORD, into the file ``log``."""
    return json.dumps([sys.executable, "-c", f"import os, sys; {STEP}", "log", word])


def told(result: pytest.RunResult) -> str:
    return result.stdout.str()


def test_variables_headers_and_patience_are_those_of_the_file_in_the_apps_folder(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(shop, "body = self.read_body()", "body = self.read_body(); __import__('time').sleep(0.6 * (b'slow' in body))")
    monkeypatch.setenv("TEST_TOKEN", "7")
    configure(
        shop,
        'patience = "100ms"\nstart_patience = "21s"\nheaders = {Authorization = "Bearer ${TEST_TOKEN}"}\n'
        'environment = {WORD = "${NONE:-good}"}\n[functions.Hello]\npatience = "20s"\n',
    )
    record_shop(shop, pytester.path / "corpora" / "hello", ("Hello", HELLO))
    write_tests(
        pytester,
        """
def test_it(fnfuzz_host):
    assert fnfuzz_host.invoke(event).caller.body == b"good/True"
    assert fnfuzz_host.invoke(HttpEvent(method="POST", path="/api/Hello", body=b"slow")).completed
    assert [item.rule for item in fnfuzz_host.invoke(QueueEvent(message=b'"slow"')).errors] == ["resp-timeout"]
    assert fnfuzz_host.played.start_patience == 21
""",
    )
    result = pytest_run(pytester)
    # A record is sent as it is, without the headers; it was recorded without the variable.
    result.assert_outcomes(passed=1, failed=1)
    assert 'was "/False", is "good/False"' in told(result)


def test_words_overrule_variables_and_these_the_file(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(pytester.path, 'patience = "1s"\nstart_patience = "21s"\ncontract = "fc-web"\n')
    monkeypatch.setenv("FNFUZZ_PATIENCE", "2s")
    monkeypatch.setenv("FNFUZZ_START_PATIENCE", "22s")
    write_tests(
        pytester,
        """
def test_it(fnfuzz_host):
    assert (fnfuzz_host.played.patience, fnfuzz_host.played.start_patience) == (3, 22)
    assert {item.contract for item in fnfuzz_host.app.functions} == {"azure-http"}
""",
    )
    pytest_run(pytester, "--fnfuzz-app", f"{app_line(shop)} --patience 3s").assert_outcomes(passed=1)


def test_command_and_contract_may_be_in_the_file_alone(pytester: pytest.Pytester) -> None:
    make_shop(pytester.path / "shop")
    (pytester.path / "shop" / "host.json").unlink()
    command = json.dumps([sys.executable, "handler.py"])
    configure(pytester.path / "shop", f'contract = "azure-http"\ncommand = {command}\n')
    write_tests(
        pytester,
        """
def test_it(fnfuzz_host):
    assert fnfuzz_host.app.command[-1] == "handler.py"
    assert fnfuzz_host.invoke(HttpEvent(method="POST", path="/any")).completed
""",
    )
    pytest_run(pytester, "--fnfuzz-app", "./shop").assert_outcomes(passed=1)


def test_own_checks_hold_while_the_tests_run_and_only_for_functions_that_want_them(
    pytester: pytest.Pytester, shop: Path
) -> None:
    extension(pytester.path / "ext.py", ("one", 'return "No one."'), ("two", 'return "No two."'))
    configure(pytester.path, 'extensions = ["ext.py"]\n[functions.Hello]\nchecks = ["shop/two"]\n')
    record_shop(shop, pytester.path / "corpora" / "orders", ("Orders", ORDER))
    write_tests(
        pytester,
        """
def test_it(fnfuzz_host):
    assert [item.rule for item in fnfuzz_host.invoke(event).errors] == ["shop/two"]
    assert [item.rule for item in fnfuzz_host.invoke(QueueEvent(message=b"1")).errors] == ["shop/one", "shop/two"]
def test_time_limits_of_other_plugins_are_left_alone(fnfuzz_host):
    import signal
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
""",
    )
    result = pytest_run(pytester)
    result.assert_outcomes(passed=2, failed=1)
    assert "error[shop/one] No one." in told(result)


def test_an_extension_in_the_words_is_relative_to_their_file_and_gone_at_the_end(
    pytester: pytest.Pytester, shop: Path
) -> None:
    extension(pytester.path / "ext.py", ("one", 'return "No one."'))
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))} --extension ext.py\n")
    inner = pytester.path / "tests" / "deep"
    inner.mkdir(parents=True)
    (inner / "test_it.py").write_text(
        "from fnfuzz.events import QueueEvent\ndef test_it(fnfuzz_host):\n"
        "    assert [item.rule for item in fnfuzz_host.invoke(QueueEvent()).errors] == ['shop/one']\n"
    )
    os.chdir(inner)
    pytest_run(pytester).assert_outcomes(passed=1)


def test_words_that_are_refused_leave_no_extension_in_force(pytester: pytest.Pytester, shop: Path) -> None:
    extension(pytester.path / "ext.py", ("one", 'return "No one."'))
    write_tests(pytester, "def test_it(fnfuzz_app): pass")
    result = pytest_run(pytester, "--fnfuzz-app", "--extension ext.py --patience soon shop")
    result.assert_outcomes(errors=1)
    assert "'soon' is no time" in told(result)


def test_installed_extensions_hold_too(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extension(tmp_path / "shop_installed_for_pytest.py", ("one", 'return "No one."'))
    info = tmp_path / "shop_installed_for_pytest-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop_installed_for_pytest\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[fnfuzz.extensions]\nshop = shop_installed_for_pytest\n")
    write_tests(pytester, "def test_it(fnfuzz_host): assert fnfuzz_host.invoke(event).errors[0].rule == 'shop/one'")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        pytest_run(pytester).assert_outcomes(passed=1)


def test_an_own_contract_is_one_that_the_file_can_name(pytester: pytest.Pytester) -> None:
    page = Path(__file__).parents[2] / "docs" / "extending.md"
    shop = make_checkout(pytester.path / "shop")
    (shop / "rpc.py").write_text(blocks(page)["A contract"])
    configure(shop, 'contract = "shop-rpc"\nextensions = ["rpc.py"]\n')
    write_tests(
        pytester,
        """
def test_it(fnfuzz_host):
    order = HttpEvent(method="POST", path="/api/Checkout", body=b"mixed up")
    assert [item.rule for item in fnfuzz_host.invoke(order).errors] == ["shop-rpc/wrong-id"]
    assert fnfuzz_host.invoke(HttpEvent(method="POST", path="/api/Checkout")).json["result"] == 1
""",
    )
    pytest_run(pytester, "--fnfuzz-app", "./shop").assert_outcomes(passed=1)


def test_an_extension_that_fails_is_told_by_the_test_in_which_it_did(pytester: pytest.Pytester, shop: Path) -> None:
    extension(pytester.path / "ext.py", ("one", "1 / 0"))
    configure(pytester.path, 'extensions = ["ext.py"]\n')
    write_tests(
        pytester,
        """
from fnfuzz.pytest_plugin.telling import ExtensionWarning
def test_it(fnfuzz_host):
    with pytest.warns(ExtensionWarning, match=r"own check shop/one raised ZeroDivisionError.*ext.py:4.*switched off"):
        assert fnfuzz_host.invoke(event).completed
    assert fnfuzz_host.invoke(event).completed
""",
    )
    pytest_run(pytester).assert_outcomes(passed=1)


def test_the_case_of_an_own_rule_is_a_test_once_its_extension_is_in_force(
    pytester: pytest.Pytester, shop: Path
) -> None:
    extension(pytester.path / "ext.py", ("one", 'return "No one."'))
    add_case(pytester.path / "cases" / "1.json", ORDER, rule="shop/one")
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\nfnfuzz_cases = cases\n")
    result = pytest_run(pytester)
    result.assert_outcomes(failed=1)
    assert "'shop/one' is that of an extension which is not loaded" in told(result)
    configure(pytester.path, 'extensions = ["ext.py"]\n')
    result = pytest_run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["Orders (queue, azure-http): No one.", "*error[[]shop/one[]] No one."])


def test_an_ignored_rule_fails_nothing_and_is_told_with_its_reason(pytester: pytest.Pytester, shop: Path) -> None:
    record_shop(shop, pytester.path / "corpora" / "orders", ("Orders", ORDER))
    spoil(shop, "'spoilt'", "'order'")
    add_case(pytester.path / "cases" / "1.json", ORDER)
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\nfnfuzz_cases = cases\n")
    ignore = '[{rule = "resp-status-non2xx", reason = "the client mends it", place = "PLACE"}]'
    write_tests(
        pytester,
        """
def test_it(fnfuzz_host):
    exchange = fnfuzz_host.invoke(QueueEvent(message=b'"order"'))
    assert not exchange.errors and not exchange.completed
    assert [(item.rule, entry.reason) for item, entry in exchange.ignored] == [
        ("resp-status-non2xx", "the client mends it")
    ]
    assert "rules broken, but ignored" in str(exchange)
""",
    )
    configure(pytester.path, f"[functions.Orders]\nignore = {ignore.replace('PLACE', '*')}\n")
    result = pytest_run(pytester, "-rs")
    # The record has another answer than the recorded one, which no rule is about.
    result.assert_outcomes(passed=1, skipped=1, failed=1, warnings=2)
    why = "ignored by fnfuzz.toml:2: the client mends it"
    result.stdout.fnmatch_lines([f"*IgnoredWarning: Orders: resp-status-non2xx is broken, and {why}", f"SKIPPED*{why}"])
    assert "--fnfuzz-accept" not in told(result)
    pytest_run(pytester, "--fnfuzz-accept", "corpora").assert_outcomes(failed=1, warnings=1)
    ((_, record),) = Corpus.open(pytester.path / "corpora" / "orders").items()
    assert getattr(record.reply, "status", 0) == 200
    configure(pytester.path, f"[functions.Hello]\nignore = {ignore.replace('PLACE', '*')}\n")
    pytest_run(pytester).assert_outcomes(failed=3)


def test_set_up_and_tear_down_run_once_around_all_instances(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spoil(shop, "BREAK =", "open('../log', 'a').write('start ')\nBREAK =")
    configure(
        pytester.path,
        f'environment = {{WORD = "x"}}\nsetup = {step("up")}\nteardown = {step("down")}\n'
        f"[functions.Orders]\nsetup = {step('more')}\n",
    )
    write_tests(
        pytester,
        """
def test_before(): assert not __import__("pathlib").Path("log").exists()
def test_it(fnfuzz_host): assert fnfuzz_host.invoke(event).completed
def test_fresh(fnfuzz_host): fnfuzz_host.fresh()
""",
    )
    pytest_run(pytester).assert_outcomes(passed=3)
    words = (pytester.path / "log").read_text().split()
    assert (words[:2], set(words[2:-1]), words[-1]) == (["xup", "xmore"], {"start"}, "xdown")
    assert list(tmp_path.iterdir()) == []


def test_a_set_up_that_fails_fails_the_tests_and_is_tried_once(pytester: pytest.Pytester, shop: Path) -> None:
    fails = json.dumps([sys.executable, "-c", "print('no \\x1b[1mroom'); raise SystemExit(4)"])
    configure(pytester.path, f"setup = [{step('up')}, {fails}]\nteardown = [{fails}, {step('down')}]\n")
    write_tests(
        pytester,
        """
from fnfuzz.app import discover
def test_it(fnfuzz_host): pass
def test_too(fnfuzz_app): pass
def test_other(pytestconfig):
    from fnfuzz.pytest_plugin import session_of
    app = discover(pytestconfig.rootpath / "shop", contract="azure-http")
    for _ in range(2):
        with pytest.raises(pytest.fail.Exception, match="ended with exit code 4"):
            session_of(pytestconfig).host(app)
""",
    )
    result = pytest_run(pytester)
    result.assert_outcomes(errors=2, passed=1)
    result.stdout.fnmatch_lines(["setup (fnfuzz.toml:1): *ended with exit code 4", "  it said:", r"*no \x1b[[]1mroom"])
    assert (pytester.path / "log").read_text().split() == ["up", "down"]


def test_an_interrupt_during_set_up_ends_the_run_and_tears_down(pytester: pytest.Pytester, shop: Path) -> None:
    code = "import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)"
    configure(pytester.path, f"setup = {json.dumps([sys.executable, '-c', code])}\nteardown = {step('down')}\n")
    write_tests(pytester, "def test_it(fnfuzz_host): pass")
    result = pytester.runpytest_subprocess(*PLAIN, "-p", "no:hypothesispytest", timeout=30)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert (pytester.path / "log").read_text() == "down "


def test_a_tear_down_that_fails_is_told_and_fails_the_run(pytester: pytest.Pytester, shop: Path) -> None:
    fails = json.dumps([sys.executable, "-c", "print('no room'); raise SystemExit(4)"])
    configure(pytester.path, f"teardown = [{fails}, {step('down')}]\n")
    write_tests(pytester, "def test_it(fnfuzz_host): pass")
    result = pytest_run(pytester)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["fnfuzz: teardown (fnfuzz.toml:1): *ended with exit code 4", "*no room"])
    assert (pytester.path / "log").read_text() == "down "


def test_workers_of_xdist_share_one_set_up_and_what_fails_at_its_end_fails_the_run(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    slow = json.dumps([sys.executable, "-c", "import time; time.sleep(0.5)"])
    fails = json.dumps([sys.executable, "-c", "print('no room'); raise SystemExit(4)"])
    extension(pytester.path / "ext.py", ("one", 'return "No one."'))
    configure(
        pytester.path,
        f'extensions = ["ext.py"]\nsetup = [{step("up")}, {slow}]\nteardown = [{step("down")}, {fails}]\n'
        'ignore = [{rule = "shop/one", reason = "known"}]\n',
    )
    spoil(shop, "BREAK =", "open('../log', 'a').write('start ')\nBREAK =")
    # One that is done before the other begins would rightly take everything down.
    meet = (
        "def test_it(fnfuzz_host):\n"
        "    assert fnfuzz_host.invoke(event).ignored\n"
        "    end = time.monotonic() + 20\n"
        "    while Path('log').read_text().count('start') < 2 and time.monotonic() < end:\n"
        "        time.sleep(0.02)"
    )
    write_tests(pytester, f"import time\nfrom pathlib import Path\n{meet}")
    result = pytester.runpytest_subprocess(*PLAIN, "-p", "no:hypothesispytest", "-n", "2", "--dist", "each")
    result.assert_outcomes(passed=2, warnings=2)
    assert (pytester.path / "log").read_text().split() == ["up", "start", "start", "down"]
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["fnfuzz: teardown (fnfuzz.toml:3): *ended with exit code 4", "*no room"])
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("fnfuzz")] == []


def test_shared_work_is_begun_by_the_first_and_ended_by_the_last(tmp_path: Path) -> None:
    log: list[str] = []
    one, two, other = (Shared(tmp_path / "run", key) for key in ("a", "a", "b"))

    def fail() -> None:
        raise ValueError("no room")

    with pytest.raises(ValueError, match="no room"):
        one.begin(fail)
    for item in (one, two):
        item.begin(lambda: log.append("begun"))
    other.begin(lambda: log.append("other"))
    one.end(lambda: log.append("ended"))
    assert log == ["begun", "other"]
    two.end(lambda: log.append("ended"))
    two.begin(lambda: log.append("begun"))
    assert log == ["begun", "other", "ended", "begun"]
    two.end(lambda: log.append("ended"))
    other.end(lambda: log.append("other"))
    assert log[-2:] == ["ended", "other"]


MISTAKES = (
    ('[functions.Odrers]\npatience = "1s"\n', "functions.Odrers: the app has no such function; did you mean Orders?"),
    ('patience = "soon"\nmax_tim = 3\n', "the configuration has 2 mistakes"),
    ('ignore = [{rule = "none", reason = "x"}]\n', "ignore: there is no rule 'none'"),
    ('[functions.Orders]\nchecks = ["shop/none"]\n', "functions.Orders.checks: there is no own check 'shop/none'"),
    ('headers = {A = "${NOT_SET_ANYWHERE}"}\n', "the variable NOT_SET_ANYWHERE is not set"),
    ('environment = {A = "${NOT_SET_ANYWHERE}"}\n', "the variable NOT_SET_ANYWHERE is not set"),
    ('extensions = ["none.py"]\n', "extension none.py: No such file or directory"),
    ('contract = "azure-htpt"\n', "did you mean azure-http?"),
    ("a = [\n", "this is no TOML"),
)


@pytest.mark.parametrize(("text", "what"), MISTAKES)
def test_mistakes_in_the_file_fail_the_tests_with_the_words_of_the_command_line(
    pytester: pytest.Pytester, shop: Path, text: str, what: str
) -> None:
    log = f"setup = {step('up')}\n"
    configure(pytester.path, log + text)
    pytester.makeini("[pytest]\nfnfuzz_app = ./shop\n")
    write_tests(pytester, "def test_it(fnfuzz_host): pass\ndef test_pure(): pass")
    result = pytest_run(pytester)
    result.assert_outcomes(errors=1, passed=1)
    assert not (pytester.path / "log").exists()
    # A rule that is ignored is nothing to invoke, which replay looks at.
    words = ["check", "shop"] if "ignore" in text or "checks" in text else ["invoke", "shop", "--function", "Orders"]
    by_hand = CliRunner().invoke(fnfuzz, words)
    assert what in told(result)
    assert by_hand.exit_code == 2
    for line in by_hand.output.removeprefix("fnfuzz: ").splitlines():
        if not line.startswith(("Usage", "Try")):
            assert line.removeprefix("Error: ") in told(result)
    assert "Traceback" not in told(result)


def test_the_ini_file_names_another_configuration_or_none(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(shop, 'environment = {WORD = "near"}\n')
    (pytester.path / "conf").mkdir()
    configure(pytester.path / "conf", 'environment = {WORD = "far"}\n')
    other = pytester.path / "other.toml"
    other.write_text('environment = {WORD = "other"}\n')
    write_tests(pytester, "def test_it(fnfuzz_app): print('SAID', repr(str(fnfuzz_app.settings.get('WORD'))))")
    app = f"fnfuzz_app = {app_line(Path('shop'))}"

    def word(*lines: str) -> str:
        pytester.makeini("\n".join(["[pytest]", *lines]))
        return told(pytest_run(pytester, "-s")).partition("SAID '")[2].partition("'")[0]

    assert word(app) == "near"
    assert word(app, "fnfuzz_config = conf/fnfuzz.toml") == "far"
    assert word(app, "fnfuzz_config = none") == "None"
    assert word(f"{app} --config other.toml", "fnfuzz_config = none") == "other"
    assert word(f"{app} --no-config", "fnfuzz_config = conf/fnfuzz.toml") == "None"
    monkeypatch.setenv("FNFUZZ_CONFIG", "other.toml")
    assert word(app, "fnfuzz_config = conf/fnfuzz.toml") == "other"


def test_two_apps_have_a_configuration_each(pytester: pytest.Pytester, shop: Path) -> None:
    other = make_shop(pytester.path / "other")
    spoil(other, '"body": "hi"', '"body": os.environ.get("WORD", "") + "/" + str(b"Bearer 7" in body)')
    configure(shop, 'environment = {WORD = "one"}\nheaders = {Authorization = "Bearer 7"}\n')
    configure(other, 'environment = {WORD = "two"}\nignore = [{rule = "resp-status-non2xx", reason = "x"}]\n')
    write_tests(
        pytester,
        """
from dataclasses import replace
from pathlib import Path
from fnfuzz.app import discover
from fnfuzz.pytest_plugin import session_of

def test_it(fnfuzz_host, fnfuzz_app, pytestconfig):
    session = session_of(pytestconfig)
    other = discover(Path("other"), contract="azure-http")
    mine = replace(discover(Path("shop"), contract="azure-http"), name="mine")
    assert fnfuzz_host.invoke(event).caller.body == b"one/True"
    for name in (Path("other"), other):
        host = session.host(replace(name, name="x") if name is other else "--contract azure-http other")
        assert host.invoke(event).caller.body == b"two/False"
        assert fnfuzz_host.invoke(event).caller.body == b"one/True"
    assert session.host(mine).invoke(event).caller.body == b"one/True"
    assert session.host(mine).played.patience == 4
    assert host.played.patience == 5
    assert fnfuzz_host.invoke(QueueEvent(message=b'"spoilt"')).errors
""",
    )
    pytest_run(pytester, "--fnfuzz-app", f"{app_line(Path('shop'))} --patience 4s").assert_outcomes(passed=1)


def test_two_sets_of_extensions_in_one_run_are_refused(pytester: pytest.Pytester, shop: Path) -> None:
    make_shop(pytester.path / "other")
    extension(shop / "ext.py", ("one", 'return "No one."'))
    configure(shop, 'extensions = ["ext.py"]\n')
    write_tests(
        pytester,
        """
from fnfuzz.pytest_plugin import session_of
def test_it(fnfuzz_host, pytestconfig):
    with pytest.raises(pytest.fail.Exception) as told:
        session_of(pytestconfig).host("--contract azure-http other")
    assert "other has no extensions, but " in str(told.value)
    assert "has the extensions shop/ext.py" in str(told.value)
    assert "name the same files for both, or test each in a run of its own" in str(told.value)
    assert session_of(pytestconfig).host("--contract azure-http --extension shop/ext.py other").app.functions
""",
    )
    pytest_run(pytester).assert_outcomes(passed=1)


def test_config_show_tells_what_pytest_takes(
    pytester: pytest.Pytester, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(shop, 'patience = "3s"\nmax_time = "9s"\n')
    monkeypatch.chdir(pytester.path)
    result = CliRunner().invoke(fnfuzz, ["config", "show", "pytest", "--start-patience", "7s", "shop"])
    assert result.exit_code == 0, result.output
    assert "shop/fnfuzz.toml:1" in result.output
    assert '"7s"' in result.output
    assert "max_time" not in result.output
