#!/usr/bin/env python3
"""Echo: reads one JSON request a line from stdin, writes one JSON answer a line to stdout.

Reads and writes bytes, because a line that is not UTF-8 must be answered too: text mode would raise in the ``for``
statement, outside of every ``try``, and end the handler.
"""

import json
import sys

MEMBERS = ("method", "url", "headers", "query", "body")


class BadRequest(Exception):
    """The line is no request; the text is for the client."""


def parse(line):
    try:
        request = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadRequest("the line is not a JSON text in UTF-8") from error
    if not isinstance(request, dict):
        raise BadRequest("the line is not a JSON object")
    missing = [name for name in ("method", "url") if not isinstance(request.get(name), str)]
    if missing:
        raise BadRequest(f"the request has no {' and no '.join(missing)}")
    return request


def encode(value):
    """Compact JSON text; NaN and infinity are refused, because JSON has no words for them."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def handle(request):
    return 200, {name: request.get(name) for name in MEMBERS}


def answer(line):
    try:
        status, result = handle(parse(line))
        body = encode(result)
    except BadRequest as error:
        status, body = 400, encode({"error": str(error)})
    except (ValueError, RecursionError):
        status, body = 400, encode({"error": "the request holds a value that cannot be sent back"})
    except Exception as error:
        print(f"error: {type(error).__name__}", file=sys.stderr)
        status, body = 500, encode({"error": "internal error"})
    return {"status": status, "headers": {"content-type": "application/json"}, "body": body}


def main():
    for line in sys.stdin.buffer:
        # Half a surrogate pair is legal in a JSON escape, but has no UTF-8 form: "replace" sends a question mark.
        sys.stdout.buffer.write(encode(answer(line)).encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
