"""Rules about reading what the Functions host sends."""

from __future__ import annotations

from fnfuzz.rules.azure_entry import BOTH, HTTP, entry

__all__ = ["REQUEST_RULES"]

REQUEST_RULES = (
    entry(
        HTTP,
        "req-chunked-unsupported",
        "error",
        "3",
        "A chunked body and one with Content-Length get the same answer",
        "The host does not know the length of its JSON beforehand and sends it chunked; under Core Tools the body is "
        "buffered and has Content-Length. A handler must take both.",
        "Read the body through an HTTP server library that decodes chunks; do not rely on Content-Length.",
    ),
    entry(
        HTTP,
        "req-route-unknown",
        "error",
        "3",
        "`POST /<FunctionName>` is answered for every declared function",
        "The path is the name of the function's folder, the method always POST, whatever route and methods the trigger "
        "declares; 404 or 405 fails the invocation.",
        "Register POST routes named like the function folders, without /api.",
    ),
    entry(
        HTTP,
        "req-path-case",
        "warning",
        "3",
        "The route has the exact case of the folder name",
        "The host sends the folder name as it is written; a route in another case is missed by case-sensitive routers.",
        "Spell the route exactly like the folder.",
    ),
    entry(
        HTTP,
        "req-single-decode",
        "error",
        "3.1",
        "Strings in Data and Metadata are decoded twice",
        "Every value but bytes, dates and objects travels as JSON text inside a JSON string: a queue message `a` "
        'arrives as "\\"a\\"". A handler that decodes once works with stray quotes and backslashes.',
        "Parse the string that you find in Data or Metadata as JSON once more.",
    ),
    entry(
        HTTP,
        "req-number-as-string",
        "error",
        "3.1",
        "Numbers that arrive as text are understood",
        'Metadata numbers come as text ("1"), whatever the documentation\'s samples show, so that a reader which '
        "insists on a JSON number fails on every message.",
        "Read DequeueCount and its like as text that holds a number, or accept both.",
    ),
    entry(
        HTTP,
        "req-metadata-overwrite",
        "warning",
        "3.1",
        "Metadata is not trusted when the message can overwrite it",
        "The members of a message that is a JSON object are laid over Metadata in any case of name: a message "
        '{"id":1,"dequeueCount":99} replaces Id and DequeueCount.',
        "Do not take decisions from Metadata keys that the sender may set; check their form first.",
    ),
    entry(
        HTTP,
        "req-missing-body",
        "error",
        "3.3",
        "A request without `Body` is handled",
        "`Body` is absent, not empty, for a GET, for Content-Length 0 and for a chunked client request.",
        "Treat a missing Body as an empty one.",
    ),
    entry(
        HTTP,
        "req-query-string-form",
        "warning",
        "3.3",
        "`Query` is read as an object",
        'Query is an object of strings; old hosts sent JSON text ("{}"), which is what the documentation still shows.',
        "Read an object; if you must support old hosts, accept text and parse it.",
    ),
    entry(
        HTTP,
        "req-header-array",
        "error",
        "3.3",
        "Header values are read as arrays, names in any case",
        "Each member of Headers is an array of strings, and its name is spelled as the client spelled it.",
        "Look names up without regard to case and take the first element, or join them.",
    ),
    entry(
        HTTP,
        "req-base64-body",
        "error",
        "3.3, 3.5",
        "Binary bodies and blob contents are decoded from base64",
        "A body of type application/octet-stream or multipart, and the content of every blob, text blobs too, arrive "
        "as base64 and are not encoded a second time.",
        "Decode Data of a blob trigger always, and Body when the Content-Type says that it is binary.",
    ),
    entry(
        HTTP,
        "req-unknown-member",
        "warning",
        "3",
        "Unknown members in Data and Metadata are ignored",
        "Hosts and extensions add members between versions, and senders add them through hoisting.",
        "Do not use a strict schema for what the host sends.",
    ),
    entry(
        HTTP,
        "req-null-input",
        "warning",
        "3.2",
        "An input binding without value is handled",
        'A blob that does not exist arrives as the text "null".',
        "Check for null after the second decoding.",
    ),
    entry(
        HTTP,
        "req-redelivery",
        "warning",
        "5.4",
        "The same message again has the same effect",
        "A failed or killed invocation makes the host deliver the message again, up to five times by default, even if "
        "the work had been done before the failure.",
        "Make the work idempotent: key it by the message id.",
    ),
    entry(
        BOTH,
        "req-concurrent",
        "error",
        "2",
        "Answers to simultaneous invocations belong to their own requests",
        "The host does not serialise: up to 24 queue messages per function, and any number of HTTP requests, are in "
        "flight at once to the one process.",
        "Keep request data out of globals; use a server that handles requests concurrently.",
    ),
)
