"""The pages that are made from the code, by their paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.docs.commands import commands_page
from tools.docs.rules import rules_page

__all__ = ["GENERATED"]

GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands_page,
    "docs/rules.md": rules_page,
}
