"""The Azure rules: the ids and severities of azure-functions.md 6, in its order, each with something to say."""

from __future__ import annotations

import re

from fnfuzz.rules.azure import AZURE_RULES

TABLE = [
    ("start-exec-missing", "error"),
    ("start-port-ignored", "error"),
    ("start-not-ipv4-loopback", "error"),
    ("start-too-slow", "error"),
    ("start-ping-hang", "error"),
    ("start-ping-crash", "error"),
    ("start-ping-side-effect", "warning"),
    ("start-legacy-port-only", "warning"),
    ("proc-exit-zero", "error"),
    ("proc-crash", "error"),
    ("proc-crash-loop", "error"),
    ("proc-exit-200", "warning"),
    ("proc-port-not-reusable", "error"),
    ("proc-state-after-kill", "warning"),
    ("proc-hang-on-stdin", "warning"),
    ("log-stderr-noise", "warning"),
    ("log-reserved-prefix", "warning"),
    ("log-secret", "warning"),
    ("req-chunked-unsupported", "error"),
    ("req-route-unknown", "error"),
    ("req-path-case", "warning"),
    ("req-single-decode", "error"),
    ("req-number-as-string", "error"),
    ("req-metadata-overwrite", "warning"),
    ("req-missing-body", "error"),
    ("req-query-string-form", "warning"),
    ("req-header-array", "error"),
    ("req-base64-body", "error"),
    ("req-unknown-member", "warning"),
    ("req-null-input", "warning"),
    ("req-redelivery", "warning"),
    ("req-concurrent", "error"),
    ("resp-status-non2xx", "error"),
    ("resp-status-redirect", "error"),
    ("resp-status-204", "error"),
    ("resp-empty-body", "error"),
    ("resp-content-type", "error"),
    ("resp-content-type-missing", "error"),
    ("resp-content-encoding", "error"),
    ("resp-not-json", "error"),
    ("resp-json-lenient-only", "warning"),
    ("resp-trailing-data", "warning"),
    ("resp-duplicate-key", "warning"),
    ("resp-bad-utf8", "error"),
    ("resp-too-deep", "error"),
    ("resp-not-object", "error"),
    ("resp-outputs-type", "error"),
    ("resp-logs-type", "error"),
    ("resp-unknown-member", "warning"),
    ("resp-framing", "error"),
    ("resp-timeout", "error"),
    ("resp-conn-reset", "error"),
    ("resp-wrong-correlation", "error"),
    ("out-undeclared", "warning"),
    ("out-missing", "warning"),
    ("out-case-mismatch", "warning"),
    ("out-base64-ambiguous", "warning"),
    ("out-binary-not-decoded", "warning"),
    ("out-date-coerced", "warning"),
    ("out-queue-pseudo-json", "error"),
    ("out-queue-array-split", "warning"),
    ("out-queue-too-big", "error"),
    ("out-blob-number", "warning"),
    ("out-blob-unwritable", "error"),
    ("out-object-required", "error"),
    ("ret-without-binding", "warning"),
    ("ret-missing", "warning"),
    ("ret-in-outputs", "warning"),
    ("ret-merges-outputs", "warning"),
    ("http-out-missing", "warning"),
    ("http-out-type", "error"),
    ("http-out-status-ignored", "warning"),
    ("http-out-status-invalid", "warning"),
    ("http-out-status-type", "error"),
    ("http-out-body-on-204", "warning"),
    ("http-out-header-type", "error"),
    ("http-out-header-hop", "warning"),
    ("http-out-cookie-ignored", "warning"),
    ("http-out-content-type", "warning"),
    ("fwd-path-prefix", "error"),
    ("fwd-envelope-confusion", "warning"),
    ("fwd-content-header-lost", "warning"),
    ("fwd-5xx-counts-success", "warning"),
    ("cfg-arg-split", "warning"),
    ("cfg-percent-lost", "warning"),
    ("cfg-mixed-sections", "warning"),
    ("cfg-routes-and-function-json", "error"),
    ("cfg-name-invalid", "error"),
    ("cfg-forward-extra-binding", "warning"),
]


def test_the_catalogue_is_the_table_of_the_contract() -> None:
    assert [(rule.id, rule.severity) for rule in AZURE_RULES] == TABLE


def test_every_rule_says_why_and_what_to_do_and_where_it_comes_from() -> None:
    for rule in AZURE_RULES:
        assert len(rule.title) > 10, rule.id
        assert len(rule.reason) > 40, rule.id
        assert len(rule.remedy) > 15, rule.id
        assert re.fullmatch(r"azure-functions\.md [1-5](\.\d+)?(, [1-5]\.\d+)*", rule.source), rule.id
        assert set(rule.contracts) <= {"azure-http", "azure-forward"}, rule.id
        assert rule.contracts, rule.id


def test_no_rule_is_left_undecided() -> None:
    assert not [rule.id for rule in AZURE_RULES if rule.undecided]
