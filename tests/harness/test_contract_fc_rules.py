"""The catalogue of Function Compute's rules, held against the section that it comes from."""

from __future__ import annotations

from collections import Counter

import pytest

from fnfuzz.rules.fc import FC_RULES
from fnfuzz.rules.model import Rule

WARNINGS = """
    ipv6-only-bind initialize-not-repeatable hook-shadowed pre-stop-failed pre-freeze-failed non-200-status-on-event
    bad-x-fc-status result-in-headers redirect-on-event reserved-response-header keep-alive-refused
    pipelined-expect-continue retry-not-idempotent concurrency-blocks log-start-end-missing log-start-end-mismatched
    log-line-too-long secret-in-log writes-to-code-dir background-work-after-response fd-or-thread-growth
    slow-start-warning response-too-large-warning idle-timeout-short-warning
"""

ERRORS = """
    start-file-missing start-file-not-executable start-file-bad-format exit-before-ready port-not-listening
    wrong-port loopback-only slow-start ready-but-not-serving bare-connect-breaks-server idle-connection-blocks
    initialize-missing initialize-failed invoke-route-missing no-response response-timeout invalid-http-response
    content-length-mismatch chunked-never-ends connection-dropped-mid-response process-exit-on-request out-of-memory
    error-not-reported response-headers-too-large response-too-large rejects-octet-stream rejects-chunked-event
    rejects-empty-event rejects-large-event event-bytes-corrupted non-json-event-crash
    missing-or-empty-fc-header-crash batch-shape-crash keep-alive-lie idle-timeout-short
    second-request-on-connection-fails body-not-drained state-leak-between-requests request-id-mixed-up
    concurrency-breaks client-abort-kills-server health-check-failed
"""


def test_the_catalogue_has_every_rule_of_the_section_once_with_its_severity() -> None:
    assert {rule.id for rule in FC_RULES if rule.severity == "error"} == set(ERRORS.split())
    assert {rule.id for rule in FC_RULES if rule.severity == "warning"} == set(WARNINGS.split())
    assert max(Counter(rule.id for rule in FC_RULES).values()) == 1


def test_a_milder_threshold_stands_right_behind_its_error() -> None:
    names = [rule.id for rule in FC_RULES]
    twins = [name for name in names if name.endswith("-warning")]
    assert [names[names.index(name) - 1] for name in twins] == [name.removesuffix("-warning") for name in twins]


@pytest.mark.parametrize("rule", FC_RULES, ids=lambda rule: rule.id)
def test_a_rule_says_what_the_host_does_and_what_to_change(rule: Rule) -> None:
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.reason.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.source.startswith("alibaba-fc.md ")
    assert set(rule.contracts) <= {"fc-event", "fc-web"}
    assert rule.undecided == ""
