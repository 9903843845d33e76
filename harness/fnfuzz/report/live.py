"""One line of a terminal that is drawn anew, without a thread, so that nothing is taken from what it tells of."""

from __future__ import annotations

from rich.live import Live
from rich.text import Text

from fnfuzz.report.page import Page

__all__ = ["LiveLine"]


class LiveLine:
    """Below what ``page`` has printed; taken away by ``clear``, which must come before anything else is printed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._live: Live | None = None

    def draw(self, text: str) -> None:
        """Show ``text`` now."""
        if self._live is None:
            self._live = Live(
                console=self.page.console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(Text(text, style="dim", no_wrap=True, overflow="ellipsis"), refresh=True)

    def clear(self) -> None:
        """Take the line away and give the cursor back."""
        if self._live is not None:
            self._live.stop()
            self._live = None
