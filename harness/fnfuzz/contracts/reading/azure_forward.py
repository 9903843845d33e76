"""A forwarded request read back: the client's request before the host passed it on (azure-functions.md 4).

What the wire does not carry: the time and the attempt of the delivery; content headers that the host loses, and without
a body Content-Type; values of one query name come joined; when proxied also hop-by-hop headers, Host and what the host
overwrites; in a ``legacy`` app the path, for which a plain one of the function's route stands. A Host that is Core
Tools' own, put first, and a User-Agent that is the host's alone, put last, are taken for none.
"""

from __future__ import annotations

import re
from dataclasses import replace

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_client import HOST
from fnfuzz.contracts.model import Delivery, HttpRequest
from fnfuzz.contracts.reading.azure_http import ID_HEADER
from fnfuzz.contracts.reading.wire import framing_of, header, port_of, target_parts, without
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import HttpEvent, Pairs

__all__ = ["VERSION_HEADER", "read_azure_forward"]

VERSION_HEADER = "x-azure-functions-hostversion"
PROXY_HEADER = "x-ms-invocation-id"
AGENT = re.compile(r"(.*?)( ?)Azure-Functions-Host/[0-9.]+", re.DOTALL)
OWN_ADDRESS = re.compile(r"127\.0\.0\.1:\d+")


def read_azure_forward(function: Function, request: HttpRequest) -> tuple[HttpEvent, Delivery]:
    """The client's request, and the delivery with its id, framing and, when proxied, port."""
    identity = header(request.headers, ID_HEADER) or header(request.headers, PROXY_HEADER)
    proxied = function.proxying == "proxy"
    headers = _proxied_headers(request.headers) if proxied else _forwarded_headers(request.headers)
    path, query = target_parts(request.target)
    if function.proxying == "legacy":
        path = route_of(function).plain_path()
    event = HttpEvent(method=request.method, path=path, query=query, headers=headers, body=request.body)
    delivery = Delivery(framing=framing_of(request), port=port_of(request) if proxied else 0)
    return event, replace(delivery, id=identity) if identity else delivery


def _proxied_headers(headers: Pairs) -> Pairs:
    kept = without(headers, ID_HEADER, VERSION_HEADER, PROXY_HEADER)
    return tuple(pair for pair in kept if pair[0].lower() != "host" or not OWN_ADDRESS.fullmatch(pair[1]))


def _forwarded_headers(headers: Pairs) -> Pairs:
    kept = list(without(headers))
    for name in (VERSION_HEADER, ID_HEADER):
        added = next((at for at in reversed(range(len(kept))) if kept[at][0].lower() == name), None)
        if added is not None:
            del kept[added]
    if kept and kept[0] == ("Host", HOST):
        del kept[0]
    if kept and kept[-1][0].lower() == "user-agent" and AGENT.fullmatch(kept[-1][1]) and kept[-1][1][0] == "A":
        del kept[-1]
    return tuple((name, _clients_agent(value) if name.lower() == "user-agent" else value) for name, value in kept)


def _clients_agent(value: str) -> str:
    match = AGENT.fullmatch(value)
    return match[1] if match else value
