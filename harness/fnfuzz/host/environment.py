"""The environment variables that each host gives to the handler's process."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from fnfuzz.app.model import App

__all__ = ["AZURE_PORT", "FC_PORTS", "azure_environment", "environment", "fc_environment"]

AZURE_PORT = "FUNCTIONS_CUSTOMHANDLER_PORT"
AZURE_LEGACY_PORT = "FUNCTIONS_HTTPWORKER_PORT"
FC_PORTS = ("FC_SERVER_PORT", "FC_CUSTOM_LISTEN_PORT")
FC_PREFIXES = ("FC_", "FUNCTIONS_")


def environment(app: App, port: int, base: Mapping[str, str]) -> dict[str, str]:
    """Everything the process inherits: ``base``, the app's settings, the host's variables (azure-functions.md 2,
    alibaba-fc.md 1.4).
    """
    inherited = {key: value for key, value in base.items() if not key.startswith(FC_PREFIXES)}
    hosts = {"azure": azure_environment, "fc": fc_environment}
    if app.platform == "bare":
        ports = app.own.ports if app.own is not None else ()
        return {**inherited, **app.settings, **dict.fromkeys(ports, str(port))}
    return {**inherited, **app.settings, **hosts[app.platform](app, port)}


def azure_environment(app: App, port: int) -> dict[str, str]:
    """The five variables of azure-functions.md 2."""
    worker = str(uuid.uuid4())
    return {
        AZURE_PORT: str(port),
        AZURE_LEGACY_PORT: str(port),
        "FUNCTIONS_CUSTOMHANDLER_WORKER_ID": worker,
        "FUNCTIONS_HTTPWORKER_ID": worker,
        "FUNCTIONS_APP_ROOT_PATH": str(app.root),
    }


def fc_environment(app: App, port: int) -> dict[str, str]:
    """The variables of alibaba-fc.md 1.4 for both editions."""
    name = app.functions[0].name.split("/")[0] if app.functions else app.name
    timeout = app.functions[0].timeout if app.functions else None
    return {
        **dict.fromkeys(FC_PORTS, str(port)),
        "FC_FUNC_CODE_PATH": str(app.cwd),
        "FC_FUNCTION_NAME": name,
        "FC_FUNCTION_HANDLER": "index.handler",
        "FC_FUNCTION_MEMORY_SIZE": str(app.max_memory or 512),
        "FC_REGION": "cn-hangzhou",
        "FC_ACCOUNT_ID": "1234567890123456",
        "FC_INSTANCE_ID": f"c-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:20]}",
        "FC_QUALIFIER": "LATEST",
        "FC_TIMEOUT": f"{timeout or 60:g}",
    }
