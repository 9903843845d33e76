"""Functions of many kinds, with routes and paths that are easy to get wrong."""

from __future__ import annotations

from fnfuzz.app.model import Function

__all__ = ["FUNCTIONS", "ROUTES"]

ROUTES = (
    "",
    "items/{id}",
    "items/{id?}",
    "items/{id:int}",
    "items/{id:int:min(10)}/{note:alpha?}",
    "items/{code:regex(^[a-z]{{3}}$)}",
    "items/{code:length(2,5)}",
    "by-day/{day:datetime}",
    "files/{name}.{ext}",
    "{kind=all}",
    "v1/{*rest}",
    "{**rest}",
)
"""Route templates of HTTP functions."""

FUNCTIONS: tuple[Function, ...] = (
    *(
        Function(name=f"Http{number}", trigger="http", contract="azure-http", route=route)
        for number, route in enumerate(ROUTES)
    ),
    Function(name="Bare", trigger="http", contract="azure-forward", route="{*path}", route_prefix="", methods=("GET",)),
    Function(name="Posts", trigger="http", contract="azure-stdio", route="greet", methods=("POST", "OPTIONS")),
    Function(name="Web", trigger="http", contract="fc-web", route="{*path}", route_prefix=""),
    Function(name="Queue", trigger="queue", contract="azure-http", source="orders"),
    Function(name="Topic", trigger="queue", contract="fc-event", form="mns-topic-json", source="topic"),
    Function(name="Blob", trigger="blob", contract="azure-http", source="uploads/{name}"),
    Function(name="Csv", trigger="blob", contract="azure-stdio", source="uploads/in/{name}.csv"),
    Function(name="Object", trigger="blob", contract="fc-event", form="oss", source="bucket"),
    Function(name="Tick", trigger="timer", contract="azure-http"),
    Function(name="Timer", trigger="timer", contract="fc-event", form="timer"),
    Function(name="Raw", trigger="raw", contract="fc-event", form="raw"),
)
"""One function of each kind."""
