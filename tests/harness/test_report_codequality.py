from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from tests.harness.kit.reports import (
    a_nasty_finding,
    a_repository,
    a_shop_stream,
    judged,
    nasty_texts,
    reported,
)
from tests.harness.kit.streams import a_context, a_warning, an_error


def test_each_finding_has_what_gitlab_asks_for(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    error, warning = json.loads(reported("codequality", tmp_path, a_shop_stream(app, an_error(), a_warning())))
    assert error == {
        "description": "Orders: The answer has status 500.",
        "check_name": "resp-status-non2xx",
        "fingerprint": an_error().id,
        "severity": "major",
        "location": {"path": "apps/shop/handler.py", "lines": {"begin": 18}},
    }
    assert warning["severity"] == "minor"


def test_what_is_known_is_only_told(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    context = judged(a_context(tmp_path)[0], tmp_path, {"id": an_error().id, "rule": "resp-status-non2xx"})
    (known,) = json.loads(reported("codequality", tmp_path, a_shop_stream(app, an_error()), context))
    assert known["severity"] == "info"


def test_there_is_a_list_at_any_time(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    counts = [
        len(json.loads(reported("codequality", tmp_path, a_shop_stream(app, an_error())[:at]))) for at in range(6)
    ]
    assert counts == [0, 0, 0, 0, 0, 1]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_whatever_a_finding_holds_it_is_sound_json(tmp_path: Path, text: str) -> None:
    app = tmp_path / "apps" / "shop"
    app = app if app.exists() else a_repository(tmp_path)
    made = reported("codequality", tmp_path, a_shop_stream(app, a_nasty_finding(text)))
    assert json.dumps(json.loads(made), ensure_ascii=False).encode("utf-8")
