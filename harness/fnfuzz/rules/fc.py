"""Rules of Function Compute custom runtimes (alibaba-fc.md 7), in the order of that section.

A rule with two thresholds there is two entries here: the id itself is the error, ``<id>-warning`` the milder one.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from fnfuzz.rules.entry import entry
from fnfuzz.rules.model import Rule

__all__ = ["FC_RULES"]

EVENT: Final = ("fc-event",)
WEB: Final = ("fc-web",)
BOTH: Final = ("fc-event", "fc-web")


_rule = partial(entry, "alibaba-fc.md")


_START = (
    _rule(
        BOTH,
        "start-file-missing",
        "error",
        "1.1",
        "The start command, or /code/bootstrap, exists",
        "The host cannot start the instance; every invocation is answered 412 CAFileNotFound.",
        "Put a file named exactly `bootstrap` into the code root, or set customRuntimeConfig.command to what is to "
        "run.",
    ),
    _rule(
        BOTH,
        "start-file-not-executable",
        "error",
        "1.1",
        "The start file has its executable bit",
        "The instance ends with code 13, permission denied, and every invocation is answered 412 CAExited.",
        "Run `chmod +x` on it before it is packed; an archive made on Windows loses the bit.",
    ),
    _rule(
        BOTH,
        "start-file-bad-format",
        "error",
        "1.1",
        "The start file is something that Linux on x86-64 can run",
        "A script without a `#!` line ends with code 8, one with CRLF line ends with code 127, a binary for "
        "another machine with an exec format error: every invocation is answered 412 CAExited.",
        "Begin scripts with a `#!` line, end lines with LF, build binaries for linux/amd64.",
    ),
    _rule(
        BOTH,
        "exit-before-ready",
        "error",
        "2",
        "The process stays alive until it is ready",
        "A process that ends before it listens, even with exit code 0, is a failed start: 412 CAExited.",
        "Start the server in the foreground as the last thing that the start command does, and see to the error "
        "that ended it.",
    ),
    _rule(
        BOTH,
        "port-not-listening",
        "error",
        "2",
        "The configured port accepts connections",
        "The host connects to the configured port to learn that the instance is ready; without it the start fails "
        "with `health check failed on port 9000` after the time allowed.",
        "Listen on 0.0.0.0 and the port in FC_CUSTOM_LISTEN_PORT or FC_SERVER_PORT, 9000 by default, as long as "
        "the process lives.",
    ),
    _rule(
        BOTH,
        "wrong-port",
        "error",
        "2",
        "The server listens on the port that is configured",
        "The host never looks at another port, so the start fails as if nothing listened; 8080, 3000 and 5000 are "
        "usual defaults of frameworks.",
        "Take the port from FC_CUSTOM_LISTEN_PORT or FC_SERVER_PORT, or set the port key of the app's "
        "configuration to the one in use.",
    ),
    _rule(
        BOTH,
        "loopback-only",
        "error",
        "2",
        "The server listens on all addresses, not on loopback alone",
        "The host connects from outside the instance; a server on 127.0.0.1 or ::1 is refused there and the start "
        "fails.",
        "Bind to 0.0.0.0.",
    ),
    _rule(
        BOTH,
        "ipv6-only-bind",
        "warning",
        "7",
        "The server can be reached over IPv4",
        "The host connects to an IPv4 address; a socket on `::` that takes no mapped IPv4 connections may not be seen.",
        "Bind to 0.0.0.0, or switch IPV6_V6ONLY off on the `::` socket.",
    ),
    _rule(
        BOTH,
        "slow-start",
        "error",
        "2",
        "The server is ready within 120 s",
        "The host gives up on an instance that does not accept connections by then, and the invocation fails.",
        "Open the port first and load the rest later, or move work from the start into the initializer or the image.",
    ),
    _rule(
        BOTH,
        "slow-start-warning",
        "warning",
        "2",
        "The server is ready within 25 s",
        "Hosts have been seen to give up after 25 s and 35 s, and the caller of a cold start waits all that time.",
        "Open the port first and load the rest later, or move work from the start into the initializer or the image.",
    ),
    _rule(
        BOTH,
        "ready-but-not-serving",
        "error",
        "2",
        "Once the port is open, the first request is answered",
        "The host asks for no more than a TCP connection before it sends real traffic, so a server that listens "
        "before it can serve loses the first requests of each instance.",
        "Listen only when requests can be served, or let early requests wait instead of failing.",
    ),
    _rule(
        BOTH,
        "bare-connect-breaks-server",
        "error",
        "2",
        "A connection that closes without a byte does no harm",
        "That is how the host checks the port; a server that crashes, logs a traceback or stops serving on it is "
        "broken by being started.",
        "Treat an end of input before the first byte of a request as the end of that connection and nothing else.",
    ),
    _rule(
        BOTH,
        "idle-connection-blocks",
        "error",
        "2",
        "A silent open connection does not stop other requests",
        "The host keeps connections open and may use another one; a server that waits on the first serves nobody.",
        "Serve connections concurrently, or wait on all of them at once.",
    ),
)

_LIFECYCLE = (
    _rule(
        BOTH,
        "initialize-missing",
        "error",
        "4",
        "A declared initializer answers POST /initialize",
        "The answer 404 or 405 is a failed initialization: the caller gets X-Fc-Error-Type: InitializationError "
        "and the instance serves nothing.",
        "Add a route for POST /initialize, or take the initializer out of the configuration.",
    ),
    _rule(
        BOTH,
        "initialize-failed",
        "error",
        "4",
        "POST /initialize is answered 2xx within its time-out",
        "Anything else fails the invocation that waits for the instance with InitializationError.",
        "Answer 200 when the work is done; raise the initializer's timeout if the work takes longer, and answer "
        "even on errors.",
    ),
    _rule(
        BOTH,
        "initialize-not-repeatable",
        "warning",
        "4",
        "A second POST /initialize does no harm",
        "The host promises one successful call for each instance, not one call: after a failure it may come again.",
        "Make initialization idempotent: do the work once, answer 200 every time.",
    ),
    _rule(
        EVENT,
        "invoke-route-missing",
        "error",
        "4",
        "POST /invoke has a route",
        "The host drops the status code, so the framework's own `not found` page is handed to the caller as the "
        "result of a successful invocation.",
        "Add a route for POST /invoke.",
    ),
    _rule(
        BOTH,
        "hook-shadowed",
        "warning",
        "2",
        "GET /pre-stop and GET /pre-freeze reach their own code",
        "A catch-all route in front answers 200, so the host believes that the hook ran, and its work is never done.",
        "Declare the hook's route before the catch-all route.",
    ),
    _rule(
        BOTH,
        "pre-stop-failed",
        "warning",
        "2",
        "GET /pre-stop is answered 2xx within its time-out",
        "The instance is destroyed all the same: what the hook was to save is lost.",
        "Answer 200 as soon as the work is done, within the hook's time-out of 90 s at most.",
    ),
    _rule(
        BOTH,
        "pre-freeze-failed",
        "warning",
        "2",
        "GET /pre-freeze is answered 2xx within its time-out",
        "The instance is frozen all the same: what the hook was to flush waits for the next request, or is lost.",
        "Answer 200 as soon as the work is done, within the hook's time-out of 90 s at most.",
    ),
)

_ANSWERS = (
    _rule(
        BOTH,
        "no-response",
        "error",
        "4.1",
        "Every request gets an answer",
        "Without a status line the invocation ends as `Process exited unexpectedly before completing request`, or "
        "hangs until the function's timeout.",
        "Answer in every branch; catch errors at the outermost level and turn them into an answer.",
    ),
    _rule(
        BOTH,
        "response-timeout",
        "error",
        "4.1",
        "The answer is complete within the function's timeout",
        "The host gives up with `Function time out after ...`, and what the handler has done by then is not undone.",
        "Do less in one invocation, set time limits on calls to others, or raise `timeout`.",
    ),
    _rule(
        BOTH,
        "invalid-http-response",
        "error",
        "4.1",
        "The answer is legal HTTP/1.1",
        "The host's HTTP client refuses the status line or header and drops the whole answer.",
        "Let an HTTP library write the answer; keep line breaks and control characters out of header values.",
    ),
    _rule(
        BOTH,
        "content-length-mismatch",
        "error",
        "4.1",
        "The body is as long as Content-Length says",
        "A shorter body fails the invocation when the connection ends; bytes beyond it are cut off and spoil the "
        "next answer on the connection.",
        "Count bytes, not characters, or let the HTTP library set Content-Length.",
    ),
    _rule(
        BOTH,
        "chunked-never-ends",
        "error",
        "4.1",
        "A chunked answer has right chunk sizes and a last chunk",
        "The host waits for the end of the body until the function's timeout, or refuses the broken chunk.",
        "End the stream in every branch, also when the producer fails.",
    ),
    _rule(
        BOTH,
        "connection-dropped-mid-response",
        "error",
        "4.1",
        "The connection stays open until the answer is complete",
        "The caller gets `Process exited unexpectedly before completing request` instead of the answer.",
        "Catch errors that come up while the answer is being written, and close only after the last byte.",
    ),
    _rule(
        BOTH,
        "process-exit-on-request",
        "error",
        "4.1",
        "The process outlives the request",
        "The invocation fails with `Process exited unexpectedly before completing request`, other requests of the "
        "instance die with it, and the next one pays a cold start.",
        "Catch errors for each request; never call exit from code that serves one.",
    ),
    _rule(
        BOTH,
        "out-of-memory",
        "error",
        "4.1",
        "The process stays within its memory",
        "The host kills the instance (exit code 137, FunctionOOMError) and the invocation fails.",
        "Stream large data instead of holding it, free what a request needed, or raise `memorySize`.",
    ),
    _rule(
        EVENT,
        "error-not-reported",
        "error",
        "4",
        "A failed event is reported with x-fc-status: 404",
        "The status code of the answer is dropped, so the host records a success: the caller gets the error text "
        "as the result, an asynchronous event is not retried, and no alarm goes off.",
        "On errors set the response header `x-fc-status: 404` and put the reason into the body.",
    ),
    _rule(
        EVENT,
        "non-200-status-on-event",
        "warning",
        "4",
        "An event is answered with status 200",
        "The host drops the status code: whatever it is meant to tell, the caller never sees it.",
        "Answer 200 and tell success or failure with `x-fc-status`.",
    ),
    _rule(
        EVENT,
        "bad-x-fc-status",
        "warning",
        "4",
        "The header x-fc-status is 200 or 404",
        "Only these two are documented; with another value it is open whether the host counts success or failure.",
        "Send `x-fc-status: 404` for every kind of failure, and 200 or nothing for success.",
    ),
    _rule(
        EVENT,
        "result-in-headers",
        "warning",
        "4",
        "The result of an event is in the body",
        "The host drops all response headers of an event function, so what is only there never arrives.",
        "Move it into the response body.",
    ),
    _rule(
        EVENT,
        "redirect-on-event",
        "warning",
        "4",
        "POST /invoke is not redirected",
        "The host follows no redirect; the body of the redirect becomes the result.",
        "Serve /invoke itself, without a slash or scheme redirect in front.",
    ),
    _rule(
        BOTH,
        "response-headers-too-large",
        "error",
        "4.2",
        "The response headers are 8 KB or less in total",
        "The host answers 502 BadResponse instead.",
        "Put large data into the body; keep cookies small.",
    ),
    _rule(
        WEB,
        "reserved-response-header",
        "warning",
        "4",
        "The answer sets no header that the host keeps for itself",
        "The host removes x-fc-*, connection, keep-alive, date, server and an attachment disposition from the "
        "answer, so the client never gets what the handler put there.",
        "Use a header name of your own; serve downloads from a custom domain or without the attachment disposition.",
    ),
    _rule(
        BOTH,
        "response-too-large",
        "error",
        "4.2",
        "The response body is 32 MB or less",
        "A body of this size is over the request limit of the same interface and has no promise to get through.",
        "Put large results into object storage and answer with their address.",
    ),
    _rule(
        BOTH,
        "response-too-large-warning",
        "warning",
        "4.2",
        "The response body is 6 MB or less",
        "Older hosts cut at about 6 MB; newer ones document no limit.",
        "Put large results into object storage and answer with their address, or compress them.",
    ),
)

_EVENTS = (
    _rule(
        EVENT,
        "rejects-octet-stream",
        "error",
        "3.2",
        "An event of type application/octet-stream is read",
        "The host sends this Content-Type with every event, JSON or not; a handler that refuses or skips it sees "
        "no event at all.",
        "Read the raw body and parse it yourself, whatever the Content-Type says.",
    ),
    _rule(
        EVENT,
        "rejects-chunked-event",
        "error",
        "3.2",
        "An event is read alike whether chunked or with Content-Length",
        "The host uses both forms; a handler that goes by Content-Length takes a chunked event for an empty one, "
        "or waits for ever.",
        "Let the HTTP library read the body, and do not look at Content-Length yourself.",
    ),
    _rule(
        EVENT,
        "rejects-empty-event",
        "error",
        "6.11",
        "An empty event is answered",
        "InvokeFunction may carry no bytes at all, and the host passes that on as a request with an empty body.",
        "Treat an empty body as a case of its own before parsing it.",
    ),
    _rule(
        EVENT,
        "rejects-large-event",
        "error",
        "4.2",
        "An event of up to 32 MB is read",
        "The host delivers events of that size; body parsers often stop at 100 KB or 1 MB and answer 413 or hang up.",
        "Raise the body limit of the framework, for example `express.raw({limit: '32mb', type: '*/*'})`.",
    ),
    _rule(
        EVENT,
        "event-bytes-corrupted",
        "error",
        "3.2",
        "The bytes of an event come through unchanged",
        "Events may be binary (CBOR from Tablestore, any bytes from InvokeFunction); reading them as text replaces "
        "bytes.",
        "Read the body as bytes and decode it only where it is known to be text.",
    ),
    _rule(
        EVENT,
        "non-json-event-crash",
        "error",
        "6",
        "An event that is not JSON or not UTF-8 is answered",
        "The host carries any bytes: MNS topics in STREAM form send bare text, Tablestore CBOR, InvokeFunction "
        "whatever the caller sends.",
        "Catch the parser's error and answer with `x-fc-status: 404` and a reason.",
    ),
    _rule(
        BOTH,
        "missing-or-empty-fc-header-crash",
        "error",
        "3.3",
        "An optional x-fc-* header may be absent or empty",
        "Without a role the credential headers are empty, for LATEST the version is, and several exist only with "
        "their feature.",
        "Give each header a default, and check for empty text before converting to a number.",
    ),
    _rule(
        EVENT,
        "batch-shape-crash",
        "error",
        "6.8",
        "Every batch form of EventBridge is answered",
        "One source delivers an object, an array, an array of JSON texts or bare payloads, by settings outside the "
        "code.",
        "Look at the type first: take a text apart as JSON, put a single object into a list, then go through the list.",
    ),
)

_CONNECTIONS = (
    _rule(
        BOTH,
        "keep-alive-refused",
        "warning",
        "2",
        "Connections are kept open",
        "The host reuses connections; a server that closes after each answer costs a connection for every request "
        "and races with the next one.",
        "Run a production server with HTTP/1.1 keep-alive instead of a development server.",
    ),
    _rule(
        BOTH,
        "keep-alive-lie",
        "error",
        "2",
        "A connection that is announced as kept is kept",
        "The host sends the next request into the closing connection; a POST is not sent again and fails with 502.",
        "Send `Connection: close` when closing, or better: do not close.",
    ),
    _rule(
        BOTH,
        "idle-timeout-short",
        "error",
        "2",
        "An idle connection stays open for at least 60 s",
        "The host reuses a connection after a pause; a POST that meets its closing fails with 502, some seconds "
        "after the last one.",
        "Switch the idle time-out off (Node: `server.keepAliveTimeout = 0`), or set it to more than 15 minutes.",
    ),
    _rule(
        BOTH,
        "idle-timeout-short-warning",
        "warning",
        "2",
        "An idle connection stays open for at least 15 min",
        "The host reuses a connection after a pause; a POST that meets its closing fails with 502.",
        "Switch the idle time-out off (Node: `server.keepAliveTimeout = 0`), or set it to more than 15 minutes.",
    ),
    _rule(
        BOTH,
        "second-request-on-connection-fails",
        "error",
        "2",
        "A second request on one connection is answered",
        "The host reuses connections, so all but the first request of each would fail.",
        "Loop over requests until the connection ends, or use an HTTP library.",
    ),
    _rule(
        BOTH,
        "body-not-drained",
        "error",
        "2",
        "The whole request is read before the next one",
        "Bytes of the event that were left unread are taken for the next request on the connection.",
        "Read the body to its end even if it is not needed, or close the connection.",
    ),
    _rule(
        BOTH,
        "pipelined-expect-continue",
        "warning",
        "7",
        "Expect: 100-continue is answered",
        "A client that sends it waits for the interim answer before it sends the body.",
        "Use an HTTP library that answers 100, or answer at once with the final status.",
    ),
)

_CONDUCT = (
    _rule(
        BOTH,
        "state-leak-between-requests",
        "error",
        "3.1",
        "The same event gets the same answer in a used instance",
        "Instances are reused for many callers; what one request leaves behind changes, or appears in, the answer "
        "to another.",
        "Keep request data out of globals, caches without a key, and mutable defaults.",
    ),
    _rule(
        EVENT,
        "retry-not-idempotent",
        "warning",
        "4.3",
        "An event that is delivered again is handled again",
        "Asynchronous events are retried with x-fc-retry-count above 0; a handler that fails on the repetition "
        "never gets done.",
        "Recognise work that is done already and answer as the first time.",
    ),
    _rule(
        BOTH,
        "request-id-mixed-up",
        "error",
        "3.3",
        "Concurrent requests keep their own data",
        "With more than one request at a time, an id or body in another request's answer or log gives one caller "
        "the data of another.",
        "Keep request data in the request's own scope, never in a module variable.",
    ),
    _rule(
        BOTH,
        "concurrency-blocks",
        "warning",
        "4.2",
        "Requests up to instanceConcurrency are served side by side",
        "The host sends that many at once; served one by one, the last ones wait and run into the function's timeout.",
        "Serve with threads, processes or an event loop, or set instanceConcurrency to 1.",
    ),
    _rule(
        BOTH,
        "concurrency-breaks",
        "error",
        "4.2",
        "Requests up to instanceConcurrency are all served right",
        "The host sends that many at once; errors, crashes and wrong answers under that load are errors in production.",
        "Protect shared state, or set instanceConcurrency to 1.",
    ),
    _rule(
        BOTH,
        "client-abort-kills-server",
        "error",
        "2",
        "A caller that goes away does not stop the server",
        "The host closes the connection of a cancelled request and sends the next one.",
        "Ignore broken pipes and resets while writing, and SIGPIPE.",
    ),
    _rule(
        EVENT,
        "log-start-end-missing",
        "warning",
        "5",
        "Each invocation logs its start and its end",
        "Without `FC Invoke Start RequestId: ...` and `FC Invoke End RequestId: ...` on stdout the console and the "
        "caller's log tail stay empty.",
        "Print the two lines around each invocation and flush stdout.",
    ),
    _rule(
        EVENT,
        "log-start-end-mismatched",
        "warning",
        "5",
        "The start and end lines of an invocation belong together",
        "A start without an end, typical for an early return on errors, or a wrong id, mixes the logs of invocations.",
        "Print the end line in a finally block, with the id of the same request, after the work is done.",
    ),
    _rule(
        BOTH,
        "log-line-too-long",
        "warning",
        "4.2",
        "A log line is 32 KB or less",
        "The host cuts longer lines.",
        "Log a summary or a key instead of whole payloads.",
    ),
    _rule(
        BOTH,
        "secret-in-log",
        "warning",
        "3.3",
        "Credentials stay out of logs and answers",
        "The access key secret and the security token of the function's role are in each request; who reads the "
        "log or the answer can act as the function.",
        "Never log or return all request headers; leave x-fc-access-key-* and x-fc-security-token out.",
    ),
    _rule(
        BOTH,
        "writes-to-code-dir",
        "warning",
        "1.1",
        "Files are written to the temp directory only",
        "The code directory is read-only in the cloud, so the write fails there.",
        "Write files below /tmp, the only writable place.",
    ),
    _rule(
        BOTH,
        "health-check-failed",
        "error",
        "2",
        "The health check is answered 200 to 399 in time",
        "The first failed check fails the start; later ones replace the instance.",
        "Serve the path in httpGetUrl without calling others, within timeoutSeconds.",
    ),
    _rule(
        BOTH,
        "background-work-after-response",
        "warning",
        "2",
        "The work is done when the answer is sent",
        "Between requests the instance has no CPU: work that goes on after the answer stops there and ends late or "
        "never.",
        "Finish before answering, or hand the work to an asynchronous invocation.",
    ),
    _rule(
        BOTH,
        "fd-or-thread-growth",
        "warning",
        "4.2",
        "Descriptors and threads do not grow with the number of requests",
        "An instance has 100,000 descriptors and 1,024 processes and threads; at the limit every request fails.",
        "Close files and connections, and reuse a pool of threads.",
    ),
)

FC_RULES: tuple[Rule, ...] = (*_START, *_LIFECYCLE, *_ANSWERS, *_EVENTS, *_CONNECTIONS, *_CONDUCT)
"""Every rule of Function Compute; none of them is beyond decision from outside the handler."""
