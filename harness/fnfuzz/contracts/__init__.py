"""Sans-I/O codecs: event -> request bytes; answer bytes -> what the real host makes of them, and the rules broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from fnfuzz.app.model import App, ContractId
from fnfuzz.contracts.azure_forward import AzureForward
from fnfuzz.contracts.azure_http import AzureHttp
from fnfuzz.contracts.azure_stdio import AzureStdio
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_web import FcWeb
from fnfuzz.contracts.model import Contract

__all__ = ["CONTRACT_IDS", "admitted_codecs", "contracts_for", "fc_settings"]

CONTRACT_IDS: tuple[ContractId, ...] = ("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web")


def contracts_for(app: App) -> Mapping[ContractId, Contract]:
    """One codec for each contract, with what ``app`` declares in it."""
    settings = fc_settings(app)
    return {
        "azure-http": AzureHttp(),
        "azure-forward": AzureForward(),
        "azure-stdio": AzureStdio(),
        "fc-event": FcEvent(**settings),
        "fc-web": FcWeb(**settings),
        **{cast("ContractId", name): make() for name, make in _own.items()},
    }


_own: dict[str, Callable[[], Contract]] = {}


@contextmanager
def admitted_codecs(codecs: Mapping[str, Callable[[], Contract]]) -> Iterator[None]:
    """Within, these contracts of users have codecs too, made anew for each host; their names are none of ours."""
    added = {name: make for name, make in codecs.items() if name not in _own}
    _own.update(added)
    try:
        yield
    finally:
        for name in added:
            del _own[name]


def fc_settings(app: App) -> dict[str, Any]:
    """The keyword arguments of ``FcSettings`` that the app's files decide."""
    defaults = FcSettings()
    return {
        "memory": app.max_memory or defaults.memory,
        "hooks": app.hooks,
        "edition": "fc2" if app.edition.startswith("1") else "fc3",
    }
