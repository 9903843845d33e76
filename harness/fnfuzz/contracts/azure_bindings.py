"""From a read answer to what is written and replied: which binding gets which value (azure-functions.md 5.2, 5.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fnfuzz.app.model import Binding, Function
from fnfuzz.contracts.azure_fate import Failure, delivered, lost
from fnfuzz.contracts.azure_http_output import HttpWritten, write_http, write_http_return, write_text
from fnfuzz.contracts.azure_outputs import Written, from_text, write_output
from fnfuzz.contracts.azure_reply import Result
from fnfuzz.contracts.dotnet import fold
from fnfuzz.contracts.model import CallerReply, Delivery, HostOutcome, Output, Verdict, Violation, is_busy
from fnfuzz.events import Event, HttpEvent

__all__ = ["bind"]

RETURN = "$return"
UNDECLARED_REPLY: Mapping[str, Binding] = {"res": Binding(name="res", type="http", direction="out")}
"""What an HTTP function without any declared binding is taken to have."""


def bind(function: Function, event: Event, delivery: Delivery, result: Result) -> Verdict:
    """The outcome of an accepted answer: every output written, the caller served, every binding rule checked."""
    declared = _declared(function, event)
    violations = [*result.violations, *_names(function, event, declared, result)]
    values = _values(declared, result)
    outputs, errors = _write(declared, values, violations)
    caller = None
    if isinstance(event, HttpEvent):
        reply = _reply(declared, values, result)
        violations += reply.violations
        errors += [reply.error] if reply.error else []
        caller = reply.caller
        if caller is not None and caller.status >= 500 and not errors and not is_busy(caller.status, caller.headers):
            violations.append(_server_error(declared, caller.status))
    if errors:
        failed = lost(function, event, delivery, Failure(errors[0]), function.timeout)
        return Verdict(replace(failed, logs=result.logs), tuple(violations))
    outcome = HostOutcome(
        status="completed", caller=caller, outputs=tuple(outputs), delivery=delivered(event), logs=result.logs
    )
    return Verdict(outcome, tuple(violations))


def _declared(function: Function, event: Event) -> Mapping[str, Binding]:
    if not function.bindings and isinstance(event, HttpEvent):
        return UNDECLARED_REPLY
    return {binding.name: binding for binding in function.outputs}


def _values(declared: Mapping[str, Binding], result: Result) -> dict[str, Any] | None:
    """The value of each binding; None when the answer has neither Outputs nor an object to take their place."""
    returned = result.return_value
    if RETURN in declared:
        return {**(result.outputs or {}), RETURN: returned}
    if isinstance(returned, dict):
        return {**(result.outputs or {}), **returned}
    return result.outputs


def _write(
    declared: Mapping[str, Binding], values: Mapping[str, Any] | None, violations: list[Violation]
) -> tuple[list[Output], list[str]]:
    outputs, errors = [], []
    for name, binding in declared.items():
        value = (values or {}).get(name)
        if value is None or binding.type.lower() == "http":
            continue
        written = write_output(binding, value, _place(name))
        violations += written.violations
        if written.output is not None:
            outputs.append(written.output)
        if written.error:
            errors.append(written.error)
    return outputs, errors


def _reply(declared: Mapping[str, Binding], values: dict[str, Any] | None, result: Result) -> HttpWritten:
    """What the HTTP caller gets."""
    binding = _http_binding(declared)
    returned = result.return_value
    if binding is not None and binding.name == RETURN:
        return _returned(binding, returned)
    if values is None or binding is None:
        bare = returned is not None and not isinstance(returned, dict)
        return HttpWritten(caller=write_text(returned) if bare else CallerReply(204))
    if binding.name in values:
        return write_http(values[binding.name], _place(binding.name))
    return HttpWritten(caller=CallerReply(200, (), b"{}"))


def _returned(binding: Binding, value: Any) -> HttpWritten:
    if value is None:
        return HttpWritten(caller=CallerReply(204))
    looked_at = Written()
    from_text(binding, value, "ReturnValue", looked_at)
    written = write_http_return(value)
    written.violations += looked_at.violations
    return written


def _names(function: Function, event: Event, declared: Mapping[str, Binding], result: Result) -> Iterator[Violation]:
    """What is wrong with the names alone: lost, misspelled and missing values."""
    if result.raw:
        yield _raw(event)
        return
    if not function.bindings and not isinstance(event, HttpEvent):
        return
    misspelled = _misspelled(declared, result.outputs or {})
    for name in misspelled:
        message = f"Outputs has a key that differs from the binding {name} in case only; it is not read."
        yield Violation("out-case-mismatch", message, _place(name))
    yield from _undeclared(declared, result.outputs or {})
    yield from _missing(event, declared, result, misspelled)
    yield from _return_value(declared, result)


def _raw(event: Event) -> Violation:
    if isinstance(event, HttpEvent):
        message = "The answer is a plain JSON object; the host looks for Outputs in it, and the caller gets none of it."
        return Violation("fwd-envelope-confusion", message, "$")
    message = "The answer has none of Outputs, Logs and ReturnValue; its members are ignored."
    return Violation("resp-unknown-member", message, "$")


def _misspelled(declared: Mapping[str, Binding], outputs: Mapping[str, Any]) -> list[str]:
    """The bindings that a key of Outputs means, but for its case."""
    absent = [name for name in declared if name != RETURN and name not in outputs]
    present = {fold(key) for key in outputs} if absent else set()
    return [name for name in absent if fold(name) in present]


def _undeclared(declared: Mapping[str, Binding], outputs: Mapping[str, Any]) -> Iterator[Violation]:
    if outputs.get(RETURN) is not None:
        yield Violation("ret-in-outputs", "Outputs.$return is never read; ReturnValue is.", "Outputs.$return")
    others = [key for key, value in outputs.items() if value is not None and key not in declared]
    known = {fold(name) for name in (*declared, RETURN)} if others else set()
    lost_keys = [key for key in others if fold(key) not in known]
    if lost_keys:
        names = ", ".join(declared) or "none"
        message = f"Outputs has {len(lost_keys)} key(s) that are no output binding (declared: {names}): ignored."
        yield Violation("out-undeclared", message, "Outputs")


def _missing(
    event: Event, declared: Mapping[str, Binding], result: Result, misspelled: list[str]
) -> Iterator[Violation]:
    values = _values(declared, result)
    answered = values is None and result.return_value not in (None, "")
    for name, binding in declared.items():
        if name == RETURN or name in (values or {}) or name in misspelled:
            continue
        if binding.type.lower() != "http":
            yield Violation("out-missing", f"Outputs has no {name}: nothing is written.", _place(name))
        elif isinstance(event, HttpEvent) and not answered:
            got = "204" if values is None else "200 with {}"
            yield Violation("http-out-missing", f"Outputs has no {name}: the caller gets {got}.", _place(name))


def _return_value(declared: Mapping[str, Binding], result: Result) -> Iterator[Violation]:
    value = result.return_value
    if RETURN in declared:
        if value is None and (result.outputs or {}).get(RETURN) is None:
            yield Violation("ret-missing", "ReturnValue is null, but the output $return is declared.", "ReturnValue")
    elif isinstance(value, dict) and any(name in declared or name in (result.outputs or {}) for name in value):
        message = "The members of ReturnValue are laid over Outputs, because $return is not declared."
        yield Violation("ret-merges-outputs", message, "ReturnValue")
    elif value is not None and value not in ("", {}, []):
        message = "ReturnValue is set, but no output $return is declared."
        yield Violation("ret-without-binding", message, "ReturnValue")


def _server_error(declared: Mapping[str, Binding], status: int) -> Violation:
    binding = _http_binding(declared)
    place = _place(binding.name) if binding else "ReturnValue"
    return Violation(
        "server-error", f"The caller gets {status}: the handler failed on the event.", f"{place}.statusCode"
    )


def _http_binding(declared: Mapping[str, Binding]) -> Binding | None:
    return next((binding for binding in declared.values() if binding.type.lower() == "http"), None)


def _place(name: str) -> str:
    return "ReturnValue" if name == RETURN else f"Outputs.{name}"
