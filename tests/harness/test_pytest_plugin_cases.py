"""Findings as tests: they fail until the fault is fixed, whatever the wrong answer was."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness.kit.shop import make_shop
from tests.harness.kit.tested import ORDER, add_case, app_line, pytest_run, spoil

from fnfuzz.events import QueueEvent
from fnfuzz.pytest_plugin.findings import finding_name
from fnfuzz.report.cases import Case, case_bytes, read_case

pytest_plugins = ["pytester"]

BAD = QueueEvent(message=b'"spoilt"')


@pytest.fixture
def shop(pytester: pytest.Pytester) -> Path:
    """A shop with a fault, inside the project."""
    return make_shop(pytester.path / "shop", fault="spoilt")


def test_the_cases_of_the_ini_file_are_tests_until_they_are_fixed(pytester: pytest.Pytester, shop: Path) -> None:
    add_case(pytester.path / ".fnfuzz" / "findings" / "1a2b3c4d.json", BAD)
    add_case(pytester.path / ".fnfuzz" / "findings" / "fixed" / "99999999.json", BAD)
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\nfnfuzz_cases = .fnfuzz/findings later\n")
    pytester.makepyfile("def test_it(): pass")
    result = pytest_run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Orders-resp-status-non2xx-1a2b3c4d*",
            "Orders (queue, azure-http): The answer has status 500*",
            "request",
            "expected",
            "*resp-status-non2xx: *",
            "got",
            "*500 Internal Server Error*",
            "the host",
            "*the message is delivered again",
            "*fnfuzz invoke --event .fnfuzz/findings/1a2b3c4d.json*",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "the last event" not in result.stdout.str()
    spoil(shop, "'spoilt'", "''")
    pytest_run(pytester).assert_outcomes(passed=2)
    pytest_run(pytester, "test_the_cases_of_the_ini_file_are_tests_until_they_are_fixed.py").assert_outcomes(passed=1)
    pytest_run(pytester, ".fnfuzz/findings").assert_outcomes(passed=1)


def test_a_case_that_fails_otherwise_is_not_fixed(pytester: pytest.Pytester, shop: Path) -> None:
    add_case(pytester.path / "cases" / "1.json", BAD, rule="resp-conn-reset")
    pytester.makepyfile("""
        import pytest
        @pytest.mark.fnfuzz_cases("cases", "cases/1.json")
        def test_finding(fnfuzz_case):
            assert fnfuzz_case.case.rule == "resp-conn-reset"
            fnfuzz_case.check()
        @pytest.mark.fnfuzz_cases("cases")
        def test_alone(): pass
    """)
    result = pytest_run(pytester, "--fnfuzz-app", app_line(Path("shop")))
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["(found as resp-conn-reset; now it breaks resp-status-non2xx)"])


def test_a_sequence_is_sent_to_one_fresh_instance_and_a_late_end_is_waited_for(
    pytester: pytest.Pytester, shop: Path
) -> None:
    read = "body = self.read_body()"
    late = "if len(seen) == 2: __import__('threading').Timer(0.1, os._exit, [3]).start()"
    spoil(shop, read, f"{read}\n        seen.append(body)\n        {late}")
    spoil(shop, "BREAK =", "seen = []\nBREAK =")
    add_case(pytester.path / "cases" / "two.json", ORDER, ORDER, rule="proc-crash")
    add_case(pytester.path / "cases" / "one.json", ORDER, rule="proc-crash")
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\nfnfuzz_cases = cases\n")
    result = pytest_run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Orders-proc-crash-two*", "before 1"])


def test_an_answer_that_depends_on_the_events_before_is_compared_with_that_of_a_fresh_instance(
    pytester: pytest.Pytester, shop: Path
) -> None:
    spoil(shop, "BREAK =", "seen = []\nBREAK =")
    answer = "self.answer(STATUS, json.dumps({'Outputs': {'res': {'first': seen[0].decode()[:60]}}}).encode())"
    spoil(shop, "self.answer(200, json.dumps(res).encode())", f"seen.append(body); {answer.replace('STATUS', '200')}")
    other = QueueEvent(message=b'{"order": "other"}')
    add_case(pytester.path / "cases" / "1.json", other, ORDER, rule="answer-depends-on-history")
    add_case(pytester.path / "cases" / "2.json", ORDER, ORDER, rule="req-redelivery")
    add_case(pytester.path / "cases" / "3.json", ORDER, rule="resource-growth")
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\nfnfuzz_cases = cases\n")
    result = pytest_run(pytester, "-rs")
    result.assert_outcomes(failed=1, passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*After the events before it, *first*instead of*", "SKIPPED*resource-growth*"])
    spoil(shop, "seen[0]", "body")
    spoil(shop, "self.answer(200, json.dumps({", "self.answer(500 if len(seen) == 2 else 200, json.dumps({")
    result = pytest_run(pytester, "cases/2.json")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*The message fails only when it is delivered again."])
    spoil(shop, "500 if len(seen) == 2 else 200", "200")
    pytest_run(pytester).assert_outcomes(passed=2, skipped=1)


def test_without_an_app_in_the_ini_the_case_names_its_own(pytester: pytest.Pytester, shop: Path) -> None:
    case = Case((BAD,), "Orders", "resp-status-non2xx", app=str(shop), options=("--contract", "azure-http"))
    (pytester.path / "cases").mkdir()
    (pytester.path / "cases" / "1.json").write_bytes(case_bytes(case))
    pytester.makeini("[pytest]\nfnfuzz_cases = cases/1.json\n")
    pytest_run(pytester).assert_outcomes(failed=1)
    spoil(shop, "'spoilt'", "''")
    pytest_run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "*1.json is not JSON*"),
        (b"\xff", "*1.json is not UTF-8*"),
        (b'{"schema": "fnfuzz.case/9"}', "*update fnfuzz*"),
        (b"[" * 100_000, "*1.json is n*"),
        (case_bytes(Case((BAD,), "Orders", "no-such-rule")), "*'no-such-rule' is unknown to fnfuzz *"),
        (case_bytes(Case((BAD,), "Gone", "proc-crash")), "*Gone: the app has no such function*"),
    ],
)
def test_a_case_file_that_is_of_no_use_is_told_by_name(
    pytester: pytest.Pytester, shop: Path, content: bytes, told: str
) -> None:
    (pytester.path / "cases").mkdir()
    (pytester.path / "cases" / "1.json").write_bytes(content)
    pytester.makeini(f"[pytest]\nfnfuzz_app = {app_line(Path('shop'))}\nfnfuzz_cases = cases\n")
    result = pytest_run(pytester)
    assert result.ret != 0
    result.stdout.fnmatch_lines([told])
    assert "Traceback" not in result.stdout.str()


def test_a_case_that_the_kit_writes_is_one_of_fnfuzz(tmp_path: Path) -> None:
    case = read_case(add_case(tmp_path / "1.json", ORDER, BAD).read_bytes())
    assert (case.rule, case.function, case.confirmed, len(case.events)) == (
        "resp-status-non2xx",
        "Orders",
        "sequence",
        2,
    )
    kept = tmp_path / "Orders-resp-status-non2xx-00ff.json"
    assert finding_name(add_case(kept, ORDER)).name == "Orders-resp-status-non2xx-00ff"
    assert finding_name(tmp_path / "1.json").name == "Orders-resp-status-non2xx-1"
