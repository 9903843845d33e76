"""Rules about the handler's process under the Functions host: start, life, logs, and the app's own files."""

from __future__ import annotations

from fnfuzz.rules.azure_entry import BOTH, entry

__all__ = ["APP_RULES", "LOG_RULES", "PROCESS_RULES", "START_RULES"]

START_RULES = (
    entry(
        BOTH,
        "start-exec-missing",
        "error",
        "1",
        "The executable of host.json exists and may be executed",
        "The host joins a relative path to the app root only if that file exists, else looks the name up on PATH; it "
        "never adds .exe and sets execute bits only on Linux Consumption. If nothing can be started, it stops.",
        "Check customHandler.description.defaultExecutablePath, build the executable into the app folder and set its "
        "execute bit (chmod +x; packaging on Windows loses it).",
    ),
    entry(
        BOTH,
        "start-port-ignored",
        "error",
        "2",
        "The handler listens on the port in FUNCTIONS_CUSTOMHANDLER_PORT",
        "The host chooses a free port and talks to that one only; a handler on a fixed port is never found and the "
        "start fails with `Initializing HttpWorker timed out.`",
        "Read FUNCTIONS_CUSTOMHANDLER_PORT from the environment and listen there; keep a fixed port only as fallback.",
    ),
    entry(
        BOTH,
        "start-not-ipv4-loopback",
        "error",
        "2",
        "The handler can be reached at 127.0.0.1",
        "The host calls http://127.0.0.1:<port> and nothing else; a handler bound only to ::1 or to an outer address "
        "is never found.",
        "Bind 127.0.0.1 or 0.0.0.0 explicitly instead of `localhost`, which may mean ::1 only.",
    ),
    entry(
        BOTH,
        "start-too-slow",
        "error",
        "2",
        "The handler answers `GET /` within initializationTimeout",
        "The host asks every 25 ms for 30 s by default, then throws `Initializing HttpWorker timed out.`; the third "
        "such error stops the host.",
        "Open the port first and do slow work afterwards, or raise customHandler.initializationTimeout in host.json.",
    ),
    entry(
        BOTH,
        "start-ping-hang",
        "error",
        "2",
        "`GET /` always gets an HTTP answer",
        "The readiness request has no short limit of its own: a handler that accepts the connection and stays silent "
        "blocks the start until functionTimeout plus a minute, and then counts as failed.",
        "Answer every unknown path at once, with 404 if need be; any status counts as ready.",
    ),
    entry(
        BOTH,
        "start-ping-crash",
        "error",
        "2",
        "`GET /` neither ends nor wedges the process",
        "The host sends `GET /` without headers and body at the start, and again whenever its health and concurrency "
        "monitor likes.",
        "Expect a request without body, content type and invocation id on `/`, and answer it.",
    ),
    entry(
        BOTH,
        "start-ping-side-effect",
        "warning",
        "2",
        "`GET /` runs no user function",
        "The ping is no event: the host ignores its answer and repeats it at any time, so work that it triggers is "
        "done again and again.",
        "Route by path `/<FunctionName>` and method POST; let `/` do nothing.",
    ),
    entry(
        BOTH,
        "start-legacy-port-only",
        "warning",
        "2",
        "The handler reads the current port variable, not only the legacy one",
        "FUNCTIONS_HTTPWORKER_PORT carries the same value today, but is the legacy name and no longer documented.",
        "Read FUNCTIONS_CUSTOMHANDLER_PORT first; keep FUNCTIONS_HTTPWORKER_PORT as fallback only.",
    ),
)

PROCESS_RULES = (
    entry(
        BOTH,
        "proc-exit-zero",
        "error",
        "2",
        "The handler does not exit with 0 while the host is up",
        "Exit code 0 counts as neither error nor restart: the host believes that the handler still runs, and every "
        "later invocation fails with connection refused until the host itself restarts.",
        "Keep serving until killed; if the process must end, end with a code that is not 0.",
    ),
    entry(
        BOTH,
        "proc-crash",
        "error",
        "2",
        "The process does not end during an invocation",
        "All invocations in flight fail with HttpRequestException and are not retried by the worker layer; the host "
        "restarts the process and counts an error, the third of which stops the host.",
        "Catch the failure at the edge of the request and answer; look at the last lines of stderr for its cause.",
    ),
    entry(
        BOTH,
        "proc-crash-loop",
        "error",
        "2",
        "Fewer than three worker errors come close together",
        "After three exits or failed starts, each within 30 minutes of the one before, the host gives up: `Exceeded "
        "http worker restart retry count. Shutting down Functions Host`.",
        "Mend the first crash; do not end the process to report an error of one event.",
    ),
    entry(
        BOTH,
        "proc-exit-200",
        "warning",
        "2",
        "Exit code 200 is used only to ask for a restart",
        "The host takes 200 as a deliberate restart, not counted as error; what was in flight is lost all the same.",
        "Use another exit code for failures; use 200 only between invocations and on purpose.",
    ),
    entry(
        BOTH,
        "proc-port-not-reusable",
        "error",
        "2",
        "A restarted handler can bind the same port at once",
        "The port is chosen once per host configuration, so that a process started after a kill gets the same one.",
        "Set SO_REUSEADDR on the listening socket and leave no child behind that keeps it open.",
    ),
    entry(
        BOTH,
        "proc-state-after-kill",
        "warning",
        "2",
        "The handler works again after SIGKILL",
        "Shutdown and function time-out are a plain kill: no SIGTERM, no notice over HTTP, no time to clean up.",
        "Write files whole and rename them, ignore or take over stale lock and pid files at the start.",
    ),
    entry(
        BOTH,
        "proc-hang-on-stdin",
        "warning",
        "2",
        "The handler does not wait for stdin",
        "The host does not redirect stdin and never sends anything on it; a handler that reads it waits for ever or "
        "ends at once, depending on what was inherited.",
        "Do not read stdin; events come by HTTP.",
    ),
)

LOG_RULES = (
    entry(
        BOTH,
        "log-stderr-noise",
        "warning",
        "2",
        "Ordinary logs do not go to stderr",
        "The host logs each stderr line as Error, or as Warning if it contains `warn`, so that everyday lines raise "
        "alarms and fill the error logs.",
        "Send information to stdout or into `Logs` of the answer; keep stderr for errors.",
    ),
    entry(
        BOTH,
        "log-reserved-prefix",
        "warning",
        "2",
        "No log line begins with a reserved prefix",
        "`LanguageWorkerConsoleLog` turns a line into a system log that users do not see, `azfuncjsonlog:` into a log "
        "for tools.",
        "Begin log lines with something else.",
    ),
    entry(
        BOTH,
        "log-secret",
        "warning",
        "3.3",
        "No secret appears in logs or answers",
        "The request carries the function key (`code` in Url, `x-functions-key` in Headers), and the environment holds "
        "every app setting, connection strings included.",
        "Do not log whole requests or the environment; take the key and the settings out first.",
    ),
)

APP_RULES = (
    entry(
        BOTH,
        "cfg-arg-split",
        "warning",
        "2",
        "No argument in host.json has a blank without quotes",
        "The host joins the arguments with blanks and quotes none, so that one with a blank arrives as several.",
        'Write the quotes into the value: "\\"my file.txt\\"", or give it as two arguments if that is meant.',
    ),
    entry(
        BOTH,
        "cfg-percent-lost",
        "warning",
        "2",
        "Every `%NAME%` in an argument can be resolved",
        "The host replaces `%NAME%` by the environment variable and deletes any pair that is left over.",
        "Define the app setting, or avoid two percent signs in one argument.",
    ),
    entry(
        BOTH,
        "cfg-mixed-sections",
        "warning",
        "1",
        "host.json has either customHandler or httpWorker",
        "If both are there, customHandler wins and httpWorker is ignored, with a warning in the log only.",
        "Delete httpWorker from host.json.",
    ),
    entry(
        BOTH,
        "cfg-routes-and-function-json",
        "error",
        "1",
        "Routes of host.json and function.json files are not mixed",
        "With customHandler.http.routes and function.json files in one app, the host throws InvalidOperationException "
        "at the start.",
        "Keep either the routes or the function folders.",
    ),
    entry(
        BOTH,
        "cfg-name-invalid",
        "error",
        "1",
        "Function and binding names match the host's patterns",
        "The host rejects a function whose name is not a letter and up to 127 letters, digits, `_` or `-` (or is "
        "`host`), or that has a binding name other than a letter and up to 127 letters or digits, or an output "
        "`$return`.",
        "Rename the folder or the binding.",
    ),
    entry(
        BOTH,
        "cfg-forward-extra-binding",
        "warning",
        "4",
        "With forwarding on, HTTP functions have a trigger and a reply and nothing else",
        "Forwarding and proxying hold only for exactly one httpTrigger in and one http out; with one more binding the "
        "function silently gets the JSON envelope instead of the request.",
        "Remove the extra binding, move it to a function of its own, or handle the envelope for that function.",
    ),
)
