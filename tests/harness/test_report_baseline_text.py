from __future__ import annotations

from pathlib import Path

from tests.harness.kit.reports import a_shop_stream, judged, traced
from tests.harness.kit.streams import a_context, a_warning, an_error, feed

from fnfuzz.report.console import ConsoleReporter


def shown(folder: Path, *known: dict[str, str], verbosity: int = 0) -> str:
    context, out = a_context(folder, verbosity=verbosity)
    context = judged(context, folder, *known)
    events = a_shop_stream(folder, an_error(), a_warning(), traced("TypeError at handler.py:4"))
    for event in events:
        assert context.standings is not None
        context.standings.handle(event)
    feed(ConsoleReporter(context), events)
    return out.getvalue()


KNOWN = {"id": an_error().id, "rule": "resp-status-non2xx", "first_seen": "2026-01-02", "reason": "see \x1b#12"}


def test_known_findings_are_one_line_with_their_reason(tmp_path: Path) -> None:
    text = shown(tmp_path, KNOWN)
    assert "known error[resp-status-non2xx] Orders, KeyError at handler.py:18" in text
    assert "\n--- 1 known ---\nerror[resp-status-non2xx] Orders, KeyError at handler.py:18: The answer" in text
    assert "(known since 2026-01-02: see \\x1b#12)\n" in text
    assert text.count("  --> ") == 2
    assert "\n2 errors, 1 warning (1 known)\n" in text


def test_verbose_tells_all_of_them(tmp_path: Path) -> None:
    text = shown(tmp_path, KNOWN, verbosity=1)
    assert text.count("  --> ") == 3
    assert "note       known since 2026-01-02: see \\x1b#12" in text


def test_an_expired_finding_says_so(tmp_path: Path) -> None:
    text = shown(tmp_path, {**KNOWN, "expires": "2026-05-31"})
    assert "note       known, but let pass only until 2026-05-31: see \\x1b#12" in text
    assert "(1 expired)" in text


def test_quiet_still_tells_what_is_known(tmp_path: Path) -> None:
    text = shown(tmp_path, KNOWN, verbosity=-1)
    assert "The answer has status 500. (known since 2026-01-02: see \\x1b#12)" in text


def test_gone_findings_are_told_with_what_to_do(tmp_path: Path) -> None:
    text = shown(tmp_path, {"id": "0123abcd", "rule": "out-undeclared", "function": "Old"})
    assert "baseline   gone: out-undeclared in Old (0123abcd)" in text
    assert "--update-baseline takes out what is gone" in text
