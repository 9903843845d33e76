"""Rules about the answer's transport, media type and JSON shape, before any output is looked at."""

from __future__ import annotations

from fnfuzz.rules.azure_entry import BOTH, HTTP, entry

__all__ = ["RESPONSE_RULES"]

_ENVELOPE = 'Answer 200 with a JSON object such as {"Outputs": {...}, "Logs": [], "ReturnValue": null}.'
_HANGS = (
    "The host reads nothing and never completes the call: it hangs until functionTimeout (30 minutes by default), then "
    "kills and restarts the handler, with everything that is in flight."
)

RESPONSE_RULES = (
    entry(
        HTTP,
        "resp-status-non2xx",
        "error",
        "5.1",
        "A handled event is answered with status 200 to 299",
        "Any other status throws HttpRequestException: the body, Logs and Outputs are ignored, the HTTP caller gets "
        "500 without a body, a queue message or blob is delivered again.",
        "Answer 200 and tell the caller's status in the http output: "
        '{"Outputs": {"res": {"statusCode": 404, "body": "no such order"}}}.',
    ),
    entry(
        HTTP,
        "resp-status-redirect",
        "error",
        "3",
        "The handler does not redirect the host",
        "The host follows a 3xx itself, perhaps as GET, and takes whatever is there for the answer; usually that is "
        "404, 405 or another function's answer.",
        "Put status and Location into the http output; check for a router that redirects to add or remove a slash.",
    ),
    entry(HTTP, "resp-status-204", "error", "5.1", "The answer is not 204 No Content", _HANGS, _ENVELOPE),
    entry(
        HTTP,
        "resp-empty-body",
        "error",
        "5.1",
        "The answer's body is not empty, blank or `null`",
        _HANGS,
        _ENVELOPE,
    ),
    entry(
        HTTP,
        "resp-content-type",
        "error",
        "5.1",
        "The answer is application/json or text/json",
        "No reader takes another media type, not even application/problem+json: InvalidOperationException `Invalid "
        "HttpResponseMessage:` (No MediaTypeFormatter is available).",
        "Set Content-Type: application/json.",
    ),
    entry(
        HTTP,
        "resp-content-type-missing",
        "error",
        "5.1",
        "The answer has a Content-Type header",
        "Without it no reader is chosen and the invocation fails with InvalidOperationException `Invalid "
        "HttpResponseMessage:`.",
        "Set Content-Type: application/json.",
    ),
    entry(
        HTTP,
        "resp-content-encoding",
        "error",
        "5.5",
        "The answer is not compressed",
        "The host asks for no encoding and decodes none, so that it reads compressed bytes as JSON and fails.",
        "Switch compression off, or compress only if Accept-Encoding asks for it.",
    ),
    entry(
        HTTP,
        "resp-not-json",
        "error",
        "5.1",
        "The answer parses as JSON",
        "The host's reader fails: InvalidOperationException `Invalid HttpResponseMessage:`, and the invocation with "
        "it.",
        "Build the answer with a JSON library, and send nothing else on the connection.",
    ),
    entry(
        HTTP,
        "resp-json-lenient-only",
        "warning",
        "5.1",
        "The answer is strict JSON",
        "It works because the host's reader (Newtonsoft.Json) forgives comments, single quotes, bare names, trailing "
        "commas, NaN and a byte order mark; every other reader refuses it.",
        "Build the answer with a JSON library instead of by hand.",
    ),
    entry(
        HTTP,
        "resp-trailing-data",
        "warning",
        "5.1",
        "Nothing follows the JSON value",
        "The host reads the first value and drops the rest without a word.",
        "Write the answer once; look for a second write to the response or a log line in it.",
    ),
    entry(
        HTTP,
        "resp-duplicate-key",
        "warning",
        "5.1",
        "No member appears twice",
        "The last one wins silently; at the top level and in an http output, names that differ only in case are the "
        "same member.",
        "Send each member once, spelled as documented.",
    ),
    entry(
        HTTP,
        "resp-bad-utf8",
        "error",
        "5.1",
        "The answer is valid UTF-8",
        "The host's decoder throws on invalid bytes and the invocation fails with InvalidOperationException `Invalid "
        "HttpResponseMessage:`.",
        "Encode the answer as UTF-8; send binary data as base64 text.",
    ),
    entry(
        HTTP,
        "resp-too-deep",
        "error",
        "5.1",
        "The answer is nested at most 256 deep",
        "The host's reader stops at depth 256 and the invocation fails.",
        "Flatten the value, or send it as JSON text in a string.",
    ),
    entry(
        HTTP,
        "resp-not-object",
        "error",
        "5.1",
        "The answer is a JSON object",
        "An array, string, number or boolean cannot become the result object: InvalidOperationException `Invalid "
        "HttpResponseMessage:`.",
        _ENVELOPE,
    ),
    entry(
        HTTP,
        "resp-outputs-type",
        "error",
        "5.1",
        "`Outputs` is an object or null",
        "Anything else cannot be read as the map of outputs, and the invocation fails.",
        "Send an object with one member for each output binding.",
    ),
    entry(
        HTTP,
        "resp-logs-type",
        "error",
        "5.1",
        "`Logs` is an array of strings or null",
        "A bare string, or an object among the entries, cannot be read as the list of lines, and the invocation fails.",
        "Send an array of strings.",
    ),
    entry(
        HTTP,
        "resp-unknown-member",
        "warning",
        "5.1",
        "Only Outputs, Logs and ReturnValue stand at the top level",
        "Other members are ignored without a word, so that what they carry is lost.",
        "Move the value into Outputs under the name of a binding.",
    ),
    entry(
        BOTH,
        "resp-framing",
        "error",
        "5.5",
        "The answer is framed as HTTP/1.1 demands",
        "A wrong Content-Length, broken chunks or an early close make the host's client throw HttpRequestException, or "
        "cut the answer.",
        "Let the HTTP library compute the framing; count Content-Length in bytes, not characters.",
    ),
    entry(
        BOTH,
        "resp-timeout",
        "error",
        "5.5",
        "The answer comes before the host's time limit",
        "At functionTimeout the invocation fails, the handler is killed and restarted, and all other invocations in "
        "flight die with it.",
        "Put a limit of your own on what the handler waits for; raise functionTimeout if the work really takes longer.",
    ),
    entry(
        BOTH,
        "resp-conn-reset",
        "error",
        "5.5",
        "The connection is not refused, reset or closed without an answer",
        "The host's client throws HttpRequestException, the invocation fails, and the worker layer does not retry it.",
        "Answer every request, also the ones that fail, before closing the connection.",
    ),
    entry(
        BOTH,
        "resp-wrong-correlation",
        "error",
        "3",
        "An echoed invocation id or nonce is that of the request",
        "The host matches answers to requests by connection only: an answer with another request's data reaches the "
        "wrong caller.",
        "Keep request data out of globals, and do not answer one request from another one's context.",
    ),
)
