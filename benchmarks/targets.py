"""The handlers that are measured: an app for each, and the event that the bare loop repeats."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.table import Skipped

from fnfuzz.app.model import App, Binding, ContractId, Function, Platform
from fnfuzz.events import Event, HttpEvent, QueueEvent, RawEvent

__all__ = [
    "CACHE",
    "ECHOES",
    "HANDLERS",
    "HTTP",
    "apart",
    "echo",
    "express",
    "handler",
    "node_or_skip",
    "ordinary",
    "pinned",
]

HANDLERS = Path(__file__).parent / "handlers"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fnfuzz-benchmarks"

HTTP = HttpEvent(
    method="POST",
    path="/api/hello",
    query=(("name", "mira"),),
    headers=(
        ("Host", "localhost:7071"),
        ("Content-Type", "application/json"),
        ("Accept", "*/*"),
        ("User-Agent", "curl/8.5.0"),
    ),
    body=b'{"id":7,"name":"mira"}',
)
MESSAGE = b'{"id":7,"name":"mira"}'
QUEUE_BINDING = Binding(name="item", type="queueTrigger", direction="in")
PLAIN, NO_OUTPUTS = '{"ok":true}', '{"Outputs":{}}'
REPLIED = '{"Outputs":{"res":{"body":"ok"}}}'

ECHOES: dict[str, tuple[Platform, Function, Event, str]] = {
    "azure-http, queue": (
        "azure",
        Function(name="hello", trigger="queue", contract="azure-http", bindings=(QUEUE_BINDING,)),
        QueueEvent(message=MESSAGE),
        NO_OUTPUTS,
    ),
    "azure-http, http": (
        "azure",
        Function(name="hello", trigger="http", contract="azure-http", route="hello"),
        HTTP,
        REPLIED,
    ),
    "azure-forward": (
        "azure",
        Function(name="hello", trigger="http", contract="azure-forward", route="hello"),
        HTTP,
        PLAIN,
    ),
    "azure-stdio": ("bare", Function(name="hello", trigger="http", contract="azure-stdio", route="hello"), HTTP, PLAIN),
    "fc-event": (
        "fc",
        Function(name="hello", trigger="raw", contract="fc-event", form="raw", timeout=60.0),
        RawEvent(body=MESSAGE),
        PLAIN,
    ),
    "fc-web": ("fc", Function(name="hello", trigger="http", contract="fc-web", timeout=60.0), HTTP, PLAIN),
}


def echo(name: str) -> tuple[App, Event]:
    """The minimal handler of one row of ``ECHOES``."""
    platform, function, event, answer = ECHOES[name]
    file = "echo_stdio.py" if function.contract == "azure-stdio" else "echo_http.py"
    command = (sys.executable, "-S", str(HANDLERS / file))
    return _app(platform, function, command, {"ANSWER": answer}), event


def handler(*command: str, contract: ContractId = "azure-forward", settings: dict[str, str] | None = None) -> App:
    """A handler that gets forwarded requests of one HTTP function."""
    function = Function(name="hello", trigger="http", contract=contract, route="hello", methods=("GET", "POST"))
    return _app("azure", function, command, settings or {})


@contextmanager
def apart() -> Iterator[None]:
    """This process on the first core; ``pinned`` handlers run on the last one."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pinned(app: App) -> App:
    """The same handler on the last core alone: where the scheduler puts two processes decides more than their work."""
    if shutil.which("taskset") is None or (os.cpu_count() or 1) < 2:
        return app
    return replace(app, command=("taskset", "-c", str((os.cpu_count() or 1) - 1), *app.command))


def _app(platform: Platform, function: Function, command: tuple[str, ...], settings: dict[str, str]) -> App:
    return App(
        root=HANDLERS,
        name="benchmark",
        platform=platform,
        reason="",
        command=command,
        cwd=HANDLERS,
        functions=(function,),
        settings=settings,
        settled=True,
    )


def node_or_skip() -> str:
    """The path of Node.js. Raises Skipped where there is none."""
    found = shutil.which("node")
    if found is None:
        raise Skipped("there is no Node.js")
    return found


def express() -> App:
    """The Express handler; Express is installed into the cache. Raises Skipped where that fails."""
    node, npm = node_or_skip(), shutil.which("npm")
    folder = CACHE / "express"
    if npm is None:
        raise Skipped("there is no npm")
    if not (folder / "node_modules" / "express").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--no-audit", "--no-fund", "express"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        except (subprocess.SubprocessError, OSError) as error:
            raise Skipped(f"npm cannot install Express: {error}") from error
    settings = {"NODE_PATH": str(folder / "node_modules"), "NODE_ENV": "production"}
    return handler(node, str(HANDLERS / "express_app.js"), settings=settings)


def ordinary() -> tuple[dict[str, App], str]:
    """Handlers as people write them, by name; and which one is left out, and why."""
    apps = {"Flask": handler(sys.executable, str(HANDLERS / "flask_app.py"))}
    try:
        apps["Express"] = express()
    except Skipped as why:
        return apps, f"Express, because {why}"
    return apps, ""
