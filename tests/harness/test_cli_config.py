"""The configuration as a user meets it: what beats what, ignored findings, set-up and tear-down, and what is shown."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.shop import make_shop
from tests.harness.kit.tested import record_shop, spoil

from fnfuzz.cli.group import fnfuzz
from fnfuzz.cli.run import command as run
from fnfuzz.cli.target import app_words

ASKS = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        while size := int(self.rfile.readline() or b"0", 16):
            self.seen = self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        headers = json.loads(self.seen)["Data"].get("req", {}).get("Headers", {})
        told = {"headers": headers, "limit": os.environ.get("LIMIT"), "name": os.environ.get("NAME")}
        body = json.dumps({"Outputs": {"res": {"statusCode": 200, "body": json.dumps(told)}}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])), Echo).serve_forever()
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a shop in it, in which commands run; no variable of the machine's counts."""
    handler = make_shop(tmp_path / "shop") / "handler.py"
    handler.write_text(handler.read_text().replace("HTTPServer", "ThreadingHTTPServer"))
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FNFUZZ_")]:
        monkeypatch.delenv(name)
    return tmp_path


def broken(project: Path) -> None:
    spoil(project / "shop", "BREAK = ''", "BREAK = 'mira'")


def called(*words: str) -> Result:
    return CliRunner().invoke(fnfuzz, list(words))


def shown(*words: str) -> dict[str, Any]:
    result = called("config", "show", "--json", *words)
    assert result.exit_code == 0, result.output
    settings: dict[str, Any] = json.loads(result.output)["settings"]
    return settings


# -- what beats what


def test_the_command_line_beats_variables_and_they_the_file_and_that_the_defaults(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "fnfuzz.toml").write_text('app = "shop"\npatience = 2\nseed = 3\njobs = 4\n')
    monkeypatch.setenv("FNFUZZ_SEED", "33")
    monkeypatch.setenv("FNFUZZ_JOBS", "44")
    told = shown("run", "--jobs", "5")
    assert told["jobs"] == {"value": 5, "origin": "command line"}
    assert told["seed"] == {"value": 33, "origin": "FNFUZZ_SEED"}
    assert told["patience"] == {"value": 2, "origin": "fnfuzz.toml:2"}
    assert told["app"] == {"value": "shop", "origin": "fnfuzz.toml:1"}
    assert told["max_time"] == {"value": None, "origin": "default"}


def test_what_is_shown_is_what_the_run_takes(project: Path) -> None:
    (project / "fnfuzz.toml").write_text(
        'app = "shop"\nmax_cases = 7\nseed = 3\nonly = ["Orders"]\nreport = ["json=out/r.json"]\nverbosity = "quiet"\n'
    )
    (project / "out").mkdir()
    result = called("run")
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) == 1
    data = json.loads((project / "out" / "r.json").read_bytes())
    assert (data["seed"], data["max_cases"], data["max_time_s"], data["ended"]) == (3, 7, None, "cases")
    assert [item["name"] for item in data["functions"] if item["cases"]] == ["Orders"]


def test_one_bound_on_the_command_line_silences_the_other_one_of_the_file(project: Path) -> None:
    (project / "fnfuzz.toml").write_text('app = "shop"\nmax_time = "50s"\nstrict = true\nverbosity = "quiet"\n')
    told = shown("run", "--max-cases", "4", "-v", "--fail-on", "none")
    assert told["max_time"] == {"value": None, "origin": "default"}
    assert told["max_cases"] == {"value": 4, "origin": "command line"}
    assert told["verbosity"] == {"value": "verbose", "origin": "command line"}
    assert told["strict"]["value"] is None
    assert "not set, because of --max-cases" in called("config", "show", "run", "--max-cases", "4").output


def test_the_command_of_the_file_is_for_its_own_app_alone(project: Path) -> None:
    (project / "fnfuzz.toml").write_text('app = "shop"\ncommand = ["no-such-program"]\n')
    assert shown("run")["command"]["value"] == ["no-such-program"]
    assert shown("run", "./shop")["command"]["value"] == ["no-such-program"]
    assert shown("run", ".")["command"]["value"] is None
    assert shown("run", "--", "other")["command"]["value"] is None
    assert "no-such-program" in called("run").output


def test_no_config_and_another_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "fnfuzz.toml").write_text("jobs = 2")
    (project / "other.toml").write_text("jobs = 3")
    assert shown("run", "--no-config")["jobs"]["value"] is None
    assert shown("run", "--config", "other.toml")["jobs"] == {"value": 3, "origin": "other.toml:1"}
    monkeypatch.setenv("FNFUZZ_CONFIG", "other.toml")
    assert shown("run")["jobs"]["value"] == 3


def test_help_is_about_the_program_and_no_broken_file_hides_it(project: Path) -> None:
    plain = called("run", "--help").output
    (project / "fnfuzz.toml").write_text("jobs = 7\nwrong = 1\n")
    assert called("run", "--help").output == plain


@pytest.mark.parametrize(
    "words", [["run"], ["check", "shop"], ["replay", "no"], ["record", "--", "x"], ["config", "show"]]
)
def test_a_wrong_file_ends_every_command_that_takes_it_with_2(project: Path, words: list[str]) -> None:
    (project / "fnfuzz.toml").write_text("\nmax_tim = 3\n")
    result = called(*words)
    assert result.exit_code == 2
    assert "fnfuzz.toml:2: max_tim: there is no such key; did you mean max_time?" in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[functions.Order]\npatience = 3", "functions.Order: the app has no such function; did you mean Orders?"),
        (
            'ignore = [{rule = "server-eror", reason = "x"}]',
            "there is no rule 'server-eror'; did you mean server-error?",
        ),
        ('environment = {A = "${NO_SUCH}"}', "the variable NO_SUCH is not set"),
        ('[functions.Orders]\nchecks = ["x"]', "no extension has checks"),
        ('extensions = ["no.py"]', "no.py"),
    ],
)
def test_what_shows_only_with_the_app_exits_with_2_too(project: Path, text: str, said: str) -> None:
    (project / "fnfuzz.toml").write_text(text)
    result = called("run", "shop", "--max-time", "2")
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.output.split())


def test_other_commands_have_tables_of_their_own(project: Path) -> None:
    (project / "fnfuzz.toml").write_text(
        'corpus = "c"\nmax_time = "1s"\n[check]\nmax_time = "9s"\n[replay]\nspeed = 10\n[record]\nredact = false\n'
        "[minimize]\nexplain = true\n"
    )
    assert shown("check")["check.max_time"]["value"] == "9s"
    assert shown("replay", "x")["corpus"] == {"value": "x", "origin": "command line"}
    assert (shown("replay")["replay.speed"]["value"], shown("replay")["corpus"]["value"]) == (10, "c")
    assert shown("record")["record.redact"]["value"] is False
    assert shown("record", "--no-redact")["record.redact"] == {"value": False, "origin": "command line"}
    assert shown("minimize")["minimize.explain"]["value"] is True
    result = called("corpus", "minimize")
    assert (result.exit_code, "c" in result.output) == (2, True)


# -- what is made of it


def test_the_handler_gets_variables_and_the_headers_of_its_function(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_shop(project / "asks", program=ASKS)
    (project / "asks" / "local.settings.json").write_text('{"Values": {"LIMIT": "1", "NAME": "settings"}}')
    (project / "asks" / "fnfuzz.toml").write_text(
        'environment = {LIMIT = "${HIGH:-9}"}\n'
        '[functions.Hello]\nheaders = {Authorization = "Bearer ${TOKEN}", X-Given = "no"}\n'
        '[functions.Orders]\nenvironment = {NAME = "orders"}\n'
    )
    monkeypatch.setenv("TOKEN", "s3cret")
    result = called("invoke", "asks", "--function", "Hello", "--header", "X-Given: yes", "--json")
    assert result.exit_code == 0, result.output
    exchange = json.loads(result.output)
    told = json.loads(exchange["exchange"]["outcome"]["caller"]["body"])
    assert told["headers"]["Authorization"] == ["Bearer s3cret"]
    assert told["headers"]["X-Given"] == ["yes"]
    assert (told["limit"], told["name"]) == ("9", "settings")
    assert "s3cret" not in json.dumps(exchange["event"])
    assert "s3cret" not in called("config", "show", "invoke", "asks").output


def test_ignored_findings_are_counted_and_fail_nothing(project: Path) -> None:
    broken(project)
    (project / "shop" / "fnfuzz.toml").write_text(
        '[[ignore]]\nrule = "out-undeclared"\nreason = "never"\n'
        '[functions.Orders]\nignore = [{rule = "resp-status-non2xx", reason = "mira may fail", place = "status*"}]\n'
    )
    case = {"schema": "fnfuzz.case/1", "function": "Orders", "rule": "resp-status-non2xx", "place": "status 500"}
    path = project / "shop" / ".fnfuzz" / "findings" / "by-hand.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**case, "events": [{"trigger": "queue", "message": "mira"}]}))
    words = ["--seed", "5", "--max-cases", "150", "--function", "Orders", "--report", "json=r.json"]
    result = called("run", "shop", *words)
    data = json.loads((project / "r.json").read_bytes())
    assert result.exit_code == 0, result.output
    assert data["findings"] == []
    (ignored,) = data["ignored"]
    assert (ignored["rule"], ignored["function"], ignored["reason"]) == (
        "resp-status-non2xx",
        "Orders",
        "mira may fail",
    )
    assert ignored["count"] >= 1
    assert [(item["verdict"], item["reason"]) for item in data["known"]] == [("not tried", "ignored: mira may fail")]
    assert "1 finding ignored by configuration" in result.output
    notes = [note for note in data["notes"] if "is ignored, but nothing broke it" in note]
    assert len(notes) == 1
    assert "shop/fnfuzz.toml:1: out-undeclared" in notes[0]


def test_workers_ignore_too(project: Path) -> None:
    broken(project)
    (project / "shop" / "fnfuzz.toml").write_text(
        'ignore = [{rule = "resp-status-non2xx", reason = "as agreed"}]\nonly = ["Orders"]\n'
    )
    result = called("run", "shop", "-j", "2", "--max-time", "3", "--report", "json=r.json")
    data = json.loads((project / "r.json").read_bytes())
    assert result.exit_code == 0, result.output
    assert data["findings"] == []
    assert sum(item["count"] for item in data["ignored"]) > 1


NEVER = (
    "from fnfuzz.extensions import check\n\n"
    "@check(rule='own/never', title='Nothing is right', severity='error', remedy='None.')\n"
    "def never(app, exchange):\n    yield 'It is not right.'\n"
)


def test_own_checks_of_a_function_are_those_that_its_section_names(project: Path) -> None:
    (project / "own.py").write_text(NEVER)
    (project / "fnfuzz.toml").write_text(
        'app = "shop"\nextensions = ["own.py"]\nmax_cases = 12\nreport = ["json=r.json"]\n'
        "[functions.Orders]\nchecks = []\n"
    )
    result = called("run")
    found = json.loads((project / "r.json").read_bytes())["findings"]
    assert result.exit_code == 1, result.output
    assert {(item["rule"], item["function"]) for item in found} == {("own/never", "Hello")}
    text = (project / "fnfuzz.toml").read_text()
    (project / "fnfuzz.toml").write_text(text.replace("checks = []", 'checks = ["own/nevr"]'))
    result = called("run")
    assert (result.exit_code, "did you mean own/never?" in result.output) == (2, True)


def test_own_checks_of_a_function_are_its_own_for_one_event_and_a_replay_too(project: Path) -> None:
    (project / "own.py").write_text(NEVER)
    (project / "fnfuzz.toml").write_text(
        'app = "shop"\nextensions = ["own.py"]\n[functions.Orders]\nchecks = []\n[replay]\nreport = "json=r.json"\n'
    )
    for function, code in (("Orders", 0), ("Hello", 1)):
        result = called("invoke", "--function", function)
        assert (result.exit_code, "own/never" in result.output) == (code, code == 1), result.output
    record_shop(project / "shop", project / "corpus")
    for more in ((), ("--against", "shop"), ("--deliveries", "at-least-once")):
        result = called("replay", "corpus", *more)
        assert result.exit_code == 1, result.output
        broken = json.loads((project / "r.json").read_bytes())["violations"]
        assert [(item["rule"], item["function"]) for item in broken] == [("own/never", "Hello")]


def test_a_function_has_a_patience_of_its_own(project: Path) -> None:
    slow = ASKS.replace("        body = json", "        __import__('time').sleep(1.2)\n        body = json")
    make_shop(project / "slow", program=slow)
    (project / "slow" / "fnfuzz.toml").write_text('patience = "9s"\n[functions.Hello]\npatience = "300ms"\n')
    hello = called("invoke", "slow", "--function", "Hello", "--json")
    orders = called("invoke", "slow", "--function", "Orders", "--json")
    assert json.loads(hello.output)["exchange"]["outcome"]["status"] == "hung"
    assert json.loads(orders.output)["exchange"]["outcome"]["status"] == "completed"


# -- set-up and tear-down

WRITE = f'{sys.executable}\', \'-c\', \'import os, sys; open("log", "a").write(sys.argv[1] + os.environ.get("A", ""))\''


def step(word: str) -> str:
    return f"['{WRITE}, '{word}']"


def test_commands_run_around_the_run_in_the_folder_of_the_file(project: Path) -> None:
    (project / "fnfuzz.toml").write_text(
        f"app = 'shop'\nmax_cases = 3\nenvironment = {{A = '!'}}\n"
        f"setup = [{step('1')}, {step('2')}]\nteardown = {step('6')}\n"
        f"[functions.Orders]\nsetup = {step('3')}\nteardown = [{step('4')}, {step('5')}]\n"
        f"[functions.Hello]\nsetup = {step('0')}\n"
    )
    assert called("invoke", "--function", "Orders").exit_code == 0
    assert (project / "log").read_text() == "1!2!3!4!5!6!"


@pytest.mark.parametrize(
    ("setup", "said"),
    [
        ("['no-such-program']", "cannot be started"),
        (f"['{sys.executable}', '-c', 'print(1 + 40 + 1); raise SystemExit(7)']", "ended with exit code 7"),
        (f"['{sys.executable}', '-c', 'import time; time.sleep(60)']", "has not ended after 0.5 s"),
        (f"['{sys.executable}', '-c', 'import os; os.kill(os.getpid(), 9)']", "ended by SIGKILL"),
    ],
)
def test_a_setup_that_fails_drives_nothing_and_is_torn_down(project: Path, setup: str, said: str) -> None:
    (project / "fnfuzz.toml").write_text(
        f"app = 'shop'\nsetup = {setup}\nteardown = {step('down')}\nsetup_patience = 0.5\nmax_cases = 3\n"
    )
    text = (project / "fnfuzz.toml").read_text().replace("0.5", "'20s'" if "60" not in setup else "0.5")
    (project / "fnfuzz.toml").write_text(text)
    result = called("run")
    assert (result.exit_code, said in result.output) == (3, True), result.output
    assert "fnfuzz.toml:2" in result.output
    assert ("42" in result.output) == ("40 + 1" in setup)
    assert "handler ready" not in result.output


def test_a_teardown_that_fails_is_told_and_the_rest_of_it_goes_on(project: Path) -> None:
    (project / "fnfuzz.toml").write_text(
        f"app = 'shop'\nmax_cases = 3\nteardown = [['{sys.executable}', '-c', 'raise SystemExit(9)'], {step('on')}]\n"
    )
    result = called("invoke", "--function", "Orders")
    assert result.exit_code == 0
    assert "teardown (fnfuzz.toml:3)" in result.output
    assert "ended with exit code 9" in result.output
    assert (project / "log").read_text() == "on"


def cases(report: Path) -> bool:
    return bool(json.loads(report.read_bytes())["findings"])


@pytest.mark.parametrize("during", ["setup", "run"])
def test_ctrl_c_leaves_nothing_standing(project: Path, during: str) -> None:
    broken(project)
    begun = 'open("began", "w").close()'
    code = f"import time; {begun}; time.sleep(60)" if during == "setup" else begun
    setup = f"['{sys.executable}', '-c', '{code}']"
    (project / "fnfuzz.toml").write_text(
        f"app = 'shop'\nsetup = {setup}\nteardown = {step('down')}\nmax_time = '50s'\nreport = ['json=r.json']\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "fnfuzz", "run"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 30
    waiting = project / ("began" if during == "setup" else "r.json")
    while time.monotonic() < until and not (waiting.exists() and (during == "setup" or cases(waiting))):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, (out, err)
    assert (project / "log").read_text() == "down"


# -- fnfuzz config


def test_the_path_is_told_or_that_there_is_none(project: Path) -> None:
    assert called("config", "path", "shop").exit_code == 1
    (project / "fnfuzz.toml").write_text("")
    assert called("config", "path", "shop").output.strip() == str(project / "fnfuzz.toml")


def test_what_is_shown_for_people_is_ascii_on_one_line_a_key(project: Path) -> None:
    (project / "fnfuzz.toml").write_text('app = "shop"\n["functions"."\\u001b[31mü"]\nchecks = ["\\n\\u202e"]\n')
    result = called("config", "show")
    assert result.exit_code == 0
    assert result.output.isascii()
    assert "\x1b" not in result.output
    assert 'functions."\\u001b[31m\\u00fc".checks' in result.output
    assert all(" = " in line or " # " in line or line.startswith("# ") for line in result.output.splitlines())


def test_a_command_without_configuration_is_refused_with_the_nearest_one(project: Path) -> None:
    result = called("config", "show", "runn")
    assert (result.exit_code, "did you mean run?" in result.output) == (2, True)


def test_again_commands_find_the_same_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    away = project / "deep" / "conf"
    away.mkdir(parents=True)
    (away / "fnfuzz.toml").write_text('app = "../../shop"\nenvironment = {A = "1"}\n')
    (project / "fnfuzz.toml").write_text('app = "shop"\n')

    def line(*words: str) -> str:
        with run.make_context("run", list(words)) as ctx:
            return app_words(ctx, ctx.params["app"], None, 5.0, 30.0).line("invoke")

    assert line() == "fnfuzz invoke shop"
    assert line("--config", "deep/conf/fnfuzz.toml") == "fnfuzz invoke shop --config deep/conf/fnfuzz.toml"
    assert line("--no-config") == "fnfuzz invoke . --no-config"
    monkeypatch.chdir(away)
    assert line() == f"fnfuzz invoke {project}/shop --config fnfuzz.toml"
    assert line(".") == "fnfuzz invoke ."


def test_a_replay_ignores_too_and_has_its_setup(project: Path) -> None:
    record_shop(project / "shop", project / "corpus")
    spoil(project / "shop", "if BREAK and BREAK.encode() in body", "if True")
    (project / "fnfuzz.toml").write_text(
        f"app = 'shop'\ncorpus = 'corpus'\nsetup = {step('up')}\nteardown = {step('down')}\n"
        "ignore = [{rule = 'resp-status-non2xx', reason = 'x'}]\n[replay]\nlearn = 'never'\nreport = 'json=r.json'\n"
    )
    result = called("replay")
    data = json.loads((project / "r.json").read_bytes())
    assert result.exit_code == 1, result.output
    assert [item["rule"] for item in data["violations"]] == []
    assert {(item["rule"], item["reason"]) for item in data["ignored"]} == {("resp-status-non2xx", "x")}
    assert (project / "log").read_text() == "updown"
