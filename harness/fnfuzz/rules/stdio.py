"""Rules of the line protocol (azure-functions.md 8.2), in the order of that section.

The real Functions host never speaks over stdin and stdout; tutorials describe handlers that do, and fnfuzz plays the
host that those expect. A rule with two thresholds there is two entries here: the id itself is the error,
``<id>-warning`` the milder one.
"""

from __future__ import annotations

from fnfuzz.rules.entry import entry
from fnfuzz.rules.model import Rule, Severity

__all__ = ["STDIO_RULES"]

_UNREAL = "(The line protocol is that of tutorials; the real Functions host never uses stdio.)"
_FIRST_LINE = "The host takes the next line of stdout for the answer, so that the invocation fails"


def _rule(name: str, severity: Severity, title: str, reason: str, remedy: str) -> Rule:
    contracts = ("azure-stdio",)
    return entry("azure-functions.md", contracts, name, severity, "8.2", title, f"{reason} {_UNREAL}", remedy)


_LINES = (
    _rule(
        "line-not-json",
        "error",
        "Each line on stdout is one strict JSON value",
        f"{_FIRST_LINE} where that line is no JSON; NaN, Infinity, comments and trailing commas are none.",
        "Write answers with a JSON library, with NaN and infinity refused, and logs to stderr.",
    ),
    _rule(
        "line-not-object",
        "error",
        "The line is a JSON object",
        "The host looks for status and body in an object; an array, a text or a number has neither, so the invocation "
        "fails.",
        'Answer with an object: {"status": 200, "body": "..."}.',
    ),
    _rule(
        "line-bad-utf8",
        "error",
        "The line is valid UTF-8 without byte order mark and NUL",
        "A line that is not UTF-8 is no JSON text (RFC 8259, 8.1), so the invocation fails.",
        "Open stdout as UTF-8 without a byte order mark, and encode bytes that are no text as base64.",
    ),
    _rule(
        "line-blank",
        "warning",
        "There are no blank lines on stdout",
        "Some hosts skip a blank line, others take it for an answer that is no JSON.",
        "End each answer with one line feed; println of a text that ends in one writes two.",
    ),
    _rule(
        "line-crlf",
        "warning",
        "Lines end with LF, not with CRLF",
        "The carriage return stays on the line; most JSON readers skip it as white space, not every line host does.",
        "Write \\n; in text mode on Windows set newline='\\n' or write bytes.",
    ),
    _rule(
        "line-too-long",
        "warning",
        "A line stays below 16 MiB",
        "A host reads a line into memory and gives up at some length; fnfuzz stops at 16 MiB.",
        "Answer with less, or store the result and answer with its address.",
    ),
    _rule(
        "line-pretty-printed",
        "error",
        "An answer is not spread over several lines",
        f"{_FIRST_LINE} at its first line, and every further line is taken for the answer to the next request.",
        "Write compact JSON: no indentation, one line.",
    ),
    _rule(
        "line-extra",
        "error",
        "There is exactly one line for each request",
        "The host takes the second line for the answer to the next request: from there on every caller gets the answer "
        "of somebody else.",
        "Write one answer in one place, after the request is handled.",
    ),
    _rule(
        "line-missing",
        "error",
        "An answer comes before the time limit",
        "The host waits for the line until its time limit, fails the invocation, and has to restart the handler, since "
        "a late answer would be taken for the next request's.",
        "Answer every line, bad ones and errors too; never leave the loop or wait for more input than one line.",
    ),
    _rule(
        "line-unflushed",
        "error",
        "The answer is written out at once, without further input",
        "stdout into a pipe is buffered in blocks: the answer stays in the handler until the buffer is full or the "
        "process ends, and the host waits in vain.",
        "Flush after each line: print(..., flush=True), fflush(stdout), BufWriter::flush, $|=1.",
    ),
    _rule(
        "line-unterminated",
        "error",
        "An answer ends with a line feed",
        "The host reads to the line feed; without it the answer never ends.",
        "Write \\n behind each answer.",
    ),
    _rule(
        "line-stdout-pollution",
        "error",
        "Nothing but answers is on stdout: no logs, no banner, no prompt",
        f"stdout is the protocol. {_FIRST_LINE}, and all later answers are out of step.",
        "Send logs to stderr (console.error, logging's default, log.Println) and switch banners and prompts off.",
    ),
    _rule(
        "line-wrong-request",
        "error",
        "An answer belongs to the request that it follows",
        "Answers have no id: the host gives the next line to the caller who waits, so that he gets what is another's.",
        "Handle one line after the other, and keep nothing of an earlier request.",
    ),
    _rule(
        "line-out-of-order",
        "error",
        "Requests that are sent together are answered in their order",
        "The host matches the n-th line to the n-th request; answers that overtake each other go to wrong callers.",
        "Answer in the order of reading, or handle one request at a time.",
    ),
)

_PROCESS = (
    _rule(
        "line-exit-mid-request",
        "error",
        "The handler does not end while a request is open",
        "The host sees the end of stdout in place of an answer: the invocation fails and the handler has to be started "
        "again.",
        "Catch errors inside the loop, answer with status 500 and go on; do not exit after one request.",
    ),
    _rule(
        "line-exit-nonzero",
        "error",
        "The exit status is 0 after stdin closes",
        "The end of input is the orderly way to end a handler; another status is counted as a crash.",
        "Leave the loop at the end of input and return 0; see to errors while closing.",
    ),
    _rule(
        "line-exit-late",
        "warning",
        "The handler ends within 2 seconds of the end of input",
        "The host kills what still runs after the grace time, with whatever it was doing.",
        "End when stdin ends; stop background threads and timers.",
    ),
    _rule(
        "line-output-at-exit",
        "error",
        "Nothing is written to stdout after the last answer",
        "A line that no request asked for is taken for an answer when the end of input and a request cross.",
        "Send farewell lines to stderr.",
    ),
    _rule(
        "line-die-on-bad-input",
        "error",
        "A malformed, empty or huge line is answered or refused, and the next request still works",
        "One bad line must not take the handler away from all requests behind it.",
        "Put reading and parsing inside the try of the loop, read bytes and decode there, and answer with status 400.",
    ),
    _rule(
        "line-nondeterministic",
        "warning",
        "The same request gets the same answer",
        "A redelivered message is handled again; an answer that changes by itself cannot be compared or repeated.",
        "Keep state, random numbers and clocks out of answers, or take them from the request.",
    ),
    _rule(
        "line-backpressure",
        "error",
        "The handler keeps reading while stderr is not read for a while, and the other way round",
        "Pipes hold about 64 KiB; a handler that blocks on one while the host waits on another is stuck for ever.",
        "Write less to stderr, or from a thread of its own; never wait for a pipe while holding the other.",
    ),
)

_SHAPE = (
    _rule(
        "line-status-missing",
        "error",
        "The answer has the member status",
        "Without status the host cannot tell success from failure and fails the invocation.",
        'Add "status": 200; statusCode belongs to the http output of the real host\'s envelope.',
    ),
    _rule(
        "line-status-type",
        "error",
        "status is an integer",
        "The host reads a number without a fraction; anything else fails the invocation.",
        'Write "status": 200, without quotes and without a fraction.',
    ),
    _rule(
        "line-status-type-warning",
        "warning",
        "status is a number, not a text of digits",
        'Some hosts read "200" as 200, strict ones fail the invocation.',
        'Write "status": 200 without quotes.',
    ),
    _rule(
        "line-status-range",
        "error",
        "status is from 100 to 599",
        "Other numbers are no HTTP status, so the host cannot answer its caller.",
        "Take a status of RFC 9110; exit codes and error numbers are none.",
    ),
    _rule(
        "line-body-missing",
        "warning",
        "The answer has the member body, except with 204 and 304",
        "A host that requires the member fails, others answer with an empty body.",
        'Add "body": "" or null.',
    ),
    _rule(
        "line-body-type",
        "error",
        "body is a text or null",
        "The host sends the text of body to its caller; a bare number or truth value is none.",
        "Put the value into JSON text: JSON.stringify(value), json.dumps(value).",
    ),
    _rule(
        "line-body-type-warning",
        "warning",
        "body is a text that holds JSON rather than an object or array",
        "Hosts of one dialect take a JSON value and serialize it themselves, those of the usual one expect a text.",
        "Serialize twice: body is the JSON text of the result.",
    ),
    _rule(
        "line-body-not-json",
        "warning",
        "A body that is declared as JSON is JSON",
        "The caller believes content-type and fails to parse the body.",
        "Write the body with a JSON library, or declare what it really is.",
    ),
    _rule(
        "line-headers-type",
        "error",
        "headers is an object with texts for values",
        "The host copies the values into HTTP header lines; numbers, lists and null have no such form.",
        'Write {"x-count": "3"}; join several values with a comma.',
    ),
    _rule(
        "line-error-not-500",
        "warning",
        "An internal error is told with status 500, not with a stack trace in place of an answer",
        "A trace on stdout breaks the protocol; one in a successful answer makes the host take the failure for done.",
        "Catch the error, log it to stderr, and answer with status 500 and a short text.",
    ),
    _rule(
        "line-traceback-in-body",
        "warning",
        "The body holds no stack trace",
        "The caller sees paths, versions and data of the handler.",
        "Log the trace to stderr, and answer with a short text; switch the framework's debug mode off.",
    ),
    _rule(
        "line-unknown-member",
        "warning",
        "The answer has no members but status, headers and body",
        "The host ignores others, so that what they say is lost.",
        "Put the data into body, and check the spelling: headers, not header; body, not Body.",
    ),
)

STDIO_RULES: tuple[Rule, ...] = (*_LINES, *_PROCESS, *_SHAPE)
