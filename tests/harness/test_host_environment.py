from __future__ import annotations

from pathlib import Path

from fnfuzz.app.model import App, Function, Platform
from fnfuzz.host.environment import AZURE_PORT, FC_PORTS, environment

BASE = {"PATH": "/bin", "FC_REGION": "mine", "FUNCTIONS_WORKER_RUNTIME": "node", "HOME": "/home/mira"}


def app(platform: Platform) -> App:
    return App(
        root=Path("/app"),
        name="shop",
        platform=platform,
        reason="",
        command=("x",),
        cwd=Path("/app/code"),
        functions=(Function(name="resize/t1", trigger="raw", contract="fc-event", timeout=7.5),),
        settings={"TOKEN": "t", "HOME": "/elsewhere"},
        max_memory=256,
    )


def test_a_handler_inherits_everything_but_the_words_of_a_host() -> None:
    given = environment(app("bare"), 7000, BASE)
    assert given == {"PATH": "/bin", "HOME": "/elsewhere", "TOKEN": "t"}


def test_azure_names_its_port_twice_and_its_worker_anew() -> None:
    first, second = (environment(app("azure"), 7000, BASE) for _ in range(2))
    assert first[AZURE_PORT] == first["FUNCTIONS_HTTPWORKER_PORT"] == "7000"
    assert first["FUNCTIONS_APP_ROOT_PATH"] == "/app"
    assert first["FUNCTIONS_HTTPWORKER_ID"] != second["FUNCTIONS_HTTPWORKER_ID"]
    assert "FC_REGION" not in first


def test_function_compute_names_port_function_and_limits() -> None:
    given = environment(app("fc"), 9000, BASE)
    assert [given[name] for name in FC_PORTS] == ["9000", "9000"]
    assert (given["FC_FUNCTION_NAME"], given["FC_FUNCTION_MEMORY_SIZE"], given["FC_TIMEOUT"]) == (
        "resize",
        "256",
        "7.5",
    )
    assert given["FC_REGION"] == "cn-hangzhou"
    assert AZURE_PORT not in given
