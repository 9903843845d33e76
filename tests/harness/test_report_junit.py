from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from hypothesis import HealthCheck, given, settings
from tests.harness.kit.reports import (
    a_nasty_finding,
    a_repository,
    a_shop_stream,
    judged,
    nasty_texts,
    reported,
    traced,
)
from tests.harness.kit.streams import a_context, a_warning, an_error

from fnfuzz.fuzz.ignoring import IgnoredFinding

SCHEMA = Path(__file__).parent / "schemas" / "junit-10.xsd"


@functools.cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(SCHEMA))


def parsed(text: str) -> ET.Element:
    assert text.isascii()
    root = ET.fromstring(text)
    schema().validate(root)
    for suite in root:
        counted = Counter(child.tag for case in suite.iter("testcase") for child in case)
        told = {"failure": "failures", "error": "errors", "skipped": "skipped"}
        assert {tag: suite.get(name) for tag, name in told.items()} == {tag: str(counted[tag]) for tag in told}
        assert suite.get("tests") == str(len(suite.findall("testcase")))
    assert root.get("failures") == str(len(list(root.iter("failure"))))
    return root


def document(folder: Path, *findings: Any, **finished: object) -> ET.Element:
    app = folder / "apps" / "shop"
    return parsed(
        reported("junit", folder, a_shop_stream(app if app.exists() else a_repository(folder), *findings, **finished))
    )


def case(root: ET.Element, start: str) -> ET.Element:
    return next(item for item in root.iter("testcase") if item.get("name", "").startswith(start))


def test_findings_fail_the_case_of_their_rule_and_function(tmp_path: Path) -> None:
    root = document(tmp_path, an_error(), a_warning())
    failed = case(root, "resp-status-non2xx")
    failure = failed.find("failure")
    assert failure is not None
    assert failed.get("classname") == "fnfuzz.shop.Orders"
    assert (failure.get("type"), failure.get("message")) == ("resp-status-non2xx", "The answer has status 500.")
    assert "came back  HTTP/1.1 500" in (failure.text or "")
    assert "again      fnfuzz invoke shop --event" in (failure.text or "")
    warned = case(root, "out-undeclared")
    assert [child.tag for child in warned] == ["system-out"]
    assert len(list(root.iter("failure"))) == 1
    assert [suite.get("name") for suite in root] == ["shop", "shop.Orders"]


def test_experiments_and_rules_that_held_are_cases_that_pass(tmp_path: Path) -> None:
    root = document(tmp_path)
    assert case(root, "together: Requests at once").get("time") == "0.250"
    skipped = case(root, "later:").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "no time"
    assert list(case(root, "resp-status-non2xx")) == []
    names = [item.get("name", "") for item in root.iter("testcase")]
    assert len(names) == len(set(names))
    assert not any(name.startswith(("req-concurrent", "start-", "cfg-")) for name in names)
    properties = {item.get("name"): item.get("value") for item in root[1].iter("property")}
    assert properties["cases"] == "100"
    assert properties["seed"] == "42"


def test_several_findings_of_one_rule_are_one_failure(tmp_path: Path) -> None:
    root = document(tmp_path, an_error(), traced("KeyError at handler.py:19"))
    (failure,) = case(root, "resp-status-non2xx").findall("failure")
    assert (failure.get("message") or "").endswith("(and 1 more)")
    assert "handler.py:19" in (failure.text or "")


def test_what_the_baseline_lets_pass_is_skipped_and_what_is_new_fails(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    known = {"id": an_error().id, "rule": "resp-status-non2xx", "reason": "later"}
    context = judged(a_context(tmp_path)[0], tmp_path, known, fail_on="warning")
    root = parsed(reported("junit", tmp_path, a_shop_stream(app, an_error(), a_warning()), context))
    skipped = case(root, "resp-status-non2xx").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "known: later"
    assert case(root, "out-undeclared").find("failure") is not None


@pytest.mark.parametrize(
    ("ended", "name"), [("not-started", "the handler starts"), ("lost", "the handler stays alive")]
)
def test_a_handler_that_does_not_run_is_an_error(tmp_path: Path, ended: str, name: str) -> None:
    root = document(tmp_path, ended=ended, error="it ended with 4", stderr=("no settings",))
    error = case(root, name).find("error")
    assert error is not None
    assert (error.get("message"), error.text) == ("it ended with 4", "no settings")


def test_a_run_that_was_killed_does_not_look_like_one_that_passed(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    for length in range(5):
        root = parsed(reported("junit", tmp_path, a_shop_stream(app, an_error())[:length]))
        assert case(root, "the run ends").find("error") is not None
    interrupted = document(tmp_path, ended="interrupted")
    assert case(interrupted, "the run ends").find("skipped") is not None


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_whatever_a_finding_holds_it_is_xml_and_nothing_is_lost_silently(tmp_path: Path, text: str) -> None:
    root = document(tmp_path, a_nasty_finding(text))
    assert len(list(root.iter("failure"))) == 1
    assert not any(ord(letter) < 32 and letter != "\n" for element in root.iter() for letter in element.text or "")


def test_characters_that_xml_forbids_are_visible(tmp_path: Path) -> None:
    root = document(tmp_path, a_nasty_finding("\x00\ufffe\x1b"))
    failure = next(root.iter("failure"))
    assert failure.get("message") == "\\x00\\ufffe\\x1b"


def test_what_the_configuration_ignores_is_skipped_with_its_reason(tmp_path: Path) -> None:
    ignored = IgnoredFinding(identity=an_error().identity, count=3, reason="the client is being \x1b replaced")
    skipped = case(document(tmp_path, ignored=(ignored,)), "resp-status-non2xx").find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "ignored by the configuration: the client is being \\x1b replaced"
