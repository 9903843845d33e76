"""What is told of a test without failing it: as warnings, which pytest gathers, counts, and shows with their tests."""

from __future__ import annotations

import warnings

import pytest

__all__ = ["ExtensionWarning", "HandlerWarning", "IgnoredWarning", "tell_ignored"]


class HandlerWarning(pytest.PytestWarning):
    """Something that the handler did wrong, but not in the exchange that a test looks at."""


class IgnoredWarning(HandlerWarning):
    """A rule that the handler breaks, and that the configuration ignores."""


class ExtensionWarning(pytest.PytestWarning):
    """A check or a contract of one's own that failed, is slow or makes no sense."""


def tell_ignored(text: str, stacklevel: int) -> None:
    """Tell of a rule that is ignored; where warnings are errors too, for ignoring it must fail nothing."""
    warning = IgnoredWarning(text)
    try:
        warnings.warn(warning, stacklevel=stacklevel + 1)
    except IgnoredWarning:
        with warnings.catch_warnings():
            warnings.simplefilter("always", IgnoredWarning)
            warnings.warn(warning, stacklevel=stacklevel + 1)
