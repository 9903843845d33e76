"""The page in a real browser: whatever stands in it, no script runs and nothing is asked for over the network."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.html_pages import hostile_stream, read_page
from tests.harness.kit.streams import a_context

from fnfuzz.report import AppWords, CaseFiles
from fnfuzz.report.html import HtmlReporter

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), "")

pytestmark = [
    pytest.mark.skipif(not BROWSER, reason=f"none of {', '.join(BROWSERS)} is installed"),
    pytest.mark.slow,
]

RUNS = "document.documentElement.setAttribute('data-owned','1')"


class Listener:
    """Listens on a free port of the loopback interface and counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.asked: list[bytes] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.asked.append(connection.recv(200))
                connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.close()


def evil_of(port: int) -> str:
    """One text that tries every way out at once."""
    address = f"http://127.0.0.1:{port}"
    return (
        f"</title></textarea></style></script><script>{RUNS}</script>"
        f"<script src={address}/s></script><img src={address}/i onerror={RUNS}><svg onload={RUNS}>"
        f"<link rel=stylesheet href={address}/c><iframe src={address}/f></iframe><object data={address}/o></object>"
        f"<meta http-equiv=refresh content='0;url={address}/r'><base href={address}/>"
        f'" onmouseover="{RUNS}" style="background:url({address}/b)\' autofocus onfocus=\'{RUNS}\' '
        f"<form action={address}/p><input autofocus onfocus={RUNS}><style>@import '{address}/m';</style>"
        f"&#60;script&#62;{RUNS}&lt;/script&gt;\x00\x1b[2J\u202e\u2066\ud800\udc80\ufeff<plaintext>"
    )


def seen_by_browser(page: Path, folder: Path) -> str:
    """The document as the browser has it after it loaded the page."""
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage",
        f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout.decode("utf-8")


def is_owned(document: str) -> bool:
    return any(name == "data-owned" for _, pairs in read_page(document).elements for name, _ in pairs)


def test_hostile_payloads_run_no_script_and_ask_for_nothing(tmp_path: Path, listener: Listener) -> None:
    evil = evil_of(listener.port)
    words = AppWords(app=evil, options=(evil,), functions=(evil,), command=(evil,))
    context = replace(a_context(tmp_path)[0], cases=CaseFiles(tmp_path / "state", words))
    path = tmp_path / "</script><img src=x onerror=1>".replace("/", "") / "report.html"
    path.parent.mkdir()
    reporter = HtmlReporter(context, path)
    reporter.start()
    for event in hostile_stream(tmp_path, evil):
        reporter.handle(event)
    reporter.finish()
    document = seen_by_browser(path, tmp_path)
    assert listener.asked == []
    assert not is_owned(document)
    tags = {tag for tag, _ in read_page(document).elements}
    assert not tags & {"script", "img", "iframe", "object", "link", "base", "form", "input", "plaintext"}
    assert "Each finding" in document


def test_a_page_that_does_what_it_must_not_is_noticed(tmp_path: Path, listener: Listener) -> None:
    path = tmp_path / "bad.html"
    path.write_text(f"<title>x</title><img src=http://127.0.0.1:{listener.port}/i><script>{RUNS}</script>")
    assert is_owned(seen_by_browser(path, tmp_path))
    assert listener.asked
