"""host.json, function.json and local.settings.json: what the host makes of a folder (azure-functions.md 1, 2, 4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.harness.app_folders import HTTP, QUEUE, app_folder, executable, host_json

from fnfuzz.app import AppError, discover
from fnfuzz.app.model import App

ENVIRON = {"PATH": "/usr/bin:/bin"}


def find(root: Path, **more: Any) -> App:
    return discover(root, **{"environ": ENVIRON, **more})


def rules(app: App) -> list[str]:
    return [problem.rule for problem in app.problems]


def test_a_folder_with_host_json_is_an_azure_app_with_all_its_functions(tmp_path: Path) -> None:
    bindings = [{**HTTP[0], "route": "greet/{who}", "methods": ["get", "POST"]}, HTTP[1]]
    blob = [{"type": "blobTrigger", "direction": "in", "name": "file", "path": "uploads/{name}"}]
    timer = [{"type": "timerTrigger", "direction": "in", "name": "tick", "schedule": "0 * * * * *"}]
    app = find(app_folder(tmp_path, None, greet=bindings, order=QUEUE, upload=blob, tick=timer))
    assert (app.platform, app.name, app.cwd, app.command) == (
        "azure",
        tmp_path.name,
        tmp_path,
        (f"{tmp_path}/handler",),
    )
    assert [(f.name, f.trigger, f.contract, f.trigger_name) for f in app.functions] == [
        ("greet", "http", "azure-http", "req"),
        ("order", "queue", "azure-http", "job"),
        ("tick", "timer", "azure-http", "tick"),
        ("upload", "blob", "azure-http", "file"),
    ]
    greet, order, _, upload = app.functions
    assert (greet.route, greet.methods, greet.route_prefix) == ("greet/{who}", ("GET", "POST"), "api")
    assert (order.source, upload.source) == ("orders", "uploads/{name}")
    assert [output.name for output in order.outputs] == ["audit"]
    assert (greet.timeout, app.start_timeout, app.port, app.problems) == (1800.0, 30.0, None, ())


def test_a_trigger_without_events_keeps_its_type_name(tmp_path: Path) -> None:
    hub = [{"type": "eventHubTrigger", "direction": "in", "name": "e", "eventHubName": "hub", "cardinality": "many"}]
    (function,) = find(app_folder(tmp_path, None, telemetry=hub)).functions
    assert (function.trigger, function.source, function.bindings[0].cardinality) == ("eventHubTrigger", "hub", "many")


def test_the_limits_of_host_json_reach_every_function(tmp_path: Path) -> None:
    text = host_json(
        {"initializationTimeout": "00:01:30", "port": 7001},
        functionTimeout="00:05:00",
        retry={"strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:01"},
        extensions={"http": {"routePrefix": "v1/"}, "queues": {"maxDequeueCount": 3, "batchSize": 8}},
    )
    app = find(app_folder(tmp_path, text))
    (function,) = app.functions
    assert (function.timeout, function.route_prefix, function.max_dequeue_count, function.max_retries) == (
        300,
        "v1",
        3,
        2,
    )
    assert (app.start_timeout, app.port, app.concurrency) == (90.0, 7001, 12)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:00:01", 1.0), ("1.02:03:04.5", 93784.5), ("24:00:00", 24 * 86400.0), ("2", 172800.0), ("-1", None)],
)
def test_function_timeout_is_a_dotnet_time_span(tmp_path: Path, text: str, seconds: float | None) -> None:
    (function,) = find(app_folder(tmp_path, host_json(functionTimeout=text))).functions
    assert function.timeout == seconds


def test_a_functions_own_retry_policy_wins(tmp_path: Path) -> None:
    app_folder(tmp_path, host_json(retry={"maxRetryCount": 5}))
    (tmp_path / "hello/function.json").write_text(json.dumps({"bindings": HTTP, "retry": {"maxRetryCount": -1}}))
    assert find(tmp_path).functions[0].max_retries == -1


def test_host_json_is_read_as_mildly_as_the_host_reads_it(tmp_path: Path) -> None:
    text = """\ufeff{ // the file of a tutorial
      'VERSION': '2.0', /* and more */
      customHandler: {"Description": {"DEFAULTEXECUTABLEPATH": "handler", "arguments": ["a",],},
        "enableforwardinghttprequest": "True"},
    }"""
    app = find(app_folder(tmp_path, text.replace("VERSION", "version")))
    assert app.command == (f"{tmp_path}/handler", "a")
    assert app.functions[0].contract == "azure-forward"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n "version": "2.0",\n "customHandler": {]\n}', ["host.json:3:20", "expected a name"]),
        ('{"version": "2.0"', ["host.json:1:18", "ends before '}'"]),
        ('{"version": "2.0"} x', ["host.json:1:20", "text after the end"]),
        ("{}", ["host.json:1:1", 'add "version": "2.0"']),
        ('{"version": 2.0}', ["host.json:1:13", "version", "the number 2.0", '"2.0"']),
        ("[]", ["host.json:1:1", "a list", "an object"]),
        (host_json({"port": 0}), ["customHandler.port", "the number 0", "from 1 to 65535"]),
        (host_json({"port": "many"}), ["customHandler.port", "'many'", "whole number"]),
        (host_json({"description": []}), ["customHandler.description", "a list", "an object"]),
        (host_json({"enableForwardingHttpRequest": "yes"}), ["enableForwardingHttpRequest", "true or false"]),
        (host_json({"http": {"routes": [{}]}}), ["customHandler.http.routes[0].route", "found nothing"]),
        (host_json({"description": {"defaultExecutablePath": ["x"]}}), ["defaultExecutablePath", "a list", "a text"]),
        (host_json({"description": {}}), ["customHandler.description.defaultExecutablePath is missing", "after --"]),
        (host_json({"initializationTimeout": "soon"}), ["host.json:", "initializationTimeout", '"00:05:00"']),
        (host_json(functionTimeout="00:00:00"), ["functionTimeout", "at least one second"]),
        (host_json(functionTimeout="00:75:00"), ["functionTimeout", "time span"]),
        (host_json(configurationProfile="x"), ["configurationProfile", "mcp-custom-handler"]),
        ('{"version": "2.0"}', ["no customHandler section", "after --"]),
    ],
)
def test_a_wrong_host_json_is_told_with_its_place_and_what_to_do(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    app_folder(tmp_path, text)
    with pytest.raises(AppError) as error:
        find(tmp_path)
    assert [part for part in expected if part not in str(error.value)] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"bindings": {"a": 1}}', ["hello/function.json:1:14", "bindings", "a list of objects"]),
        ('{"bindings": [{"name": "x"}]}', ["bindings[0].type", "found nothing"]),
        ('{"bindings": [{"type": "blob", "name": "x", "direction": "up"}]}', ["direction", "'up'", '"inout"']),
        ('{"bindings": [{"type": "httpTrigger", "name": "x", "direction": "out"}]}', ["direction", "every trigger"]),
        ('{"bindings": []}', ["exactly one trigger", "none"]),
        ('{"bindings": [{"type": "blob" "name": "x"}]}', ["hello/function.json:1:31", "expected ','"]),
    ],
)
def test_a_wrong_function_json_is_told_with_its_place(tmp_path: Path, text: str, expected: list[str]) -> None:
    app_folder(tmp_path)
    (tmp_path / "hello/function.json").write_text(text)
    with pytest.raises(AppError) as error:
        find(tmp_path)
    assert [part for part in expected if part not in str(error.value)] == []


def test_the_command_line_is_put_together_as_the_host_does(tmp_path: Path) -> None:
    description = {
        "defaultExecutablePath": "%TOOL%",
        "arguments": ["--name", '"a b"', "--port", "%FUNCTIONS_CUSTOMHANDLER_PORT%", "--at=%FUNCTIONS_APP_ROOT_PATH%"],
        "defaultWorkerPath": "main file.py",
        "workerArguments": ["-v"],
        "workingDirectory": "run",
        "workerDirectory": "bin",
    }
    app_folder(tmp_path, host_json({"description": description}))
    (tmp_path / "run").mkdir()
    tool = executable(tmp_path / "bin/tool")
    app = find(tmp_path, environ={**ENVIRON, "TOOL": "tool"})
    port = "%FUNCTIONS_CUSTOMHANDLER_PORT%"
    assert app.command == (
        str(tool), "--name", "a b", "--port", port, f"--at={tmp_path}", "main file.py", "-v",
    )  # fmt: skip
    assert app.cwd == tmp_path / "run"
    assert app.problems == ()


def test_an_executable_that_is_no_file_is_looked_up_on_path(tmp_path: Path) -> None:
    app = find(app_folder(tmp_path, host_json({"description": {"defaultExecutablePath": "sh"}})))
    assert (app.command, app.problems) == (("sh",), ())


@pytest.mark.parametrize(
    ("content", "mode", "expected"),
    [
        (None, 0o755, "no such file"),
        (b"#!/bin/sh\n", 0o644, "chmod +x"),
        (b"echo\n", 0o755, "#!/bin/sh"),
        (b"#!/bin/sh\r\necho\r\n", 0o755, "LF line ends"),
        (b"#!/no/such/shell\n", 0o755, "/no/such/shell"),
        (b"#!/usr/bin/env no-such-tool\n", 0o755, "no-such-tool"),
        (b"MZ\x90\x00", 0o755, "Windows"),
        (b"", 0o755, "empty"),
    ],
)
def test_a_handler_that_cannot_be_started_is_a_problem_and_the_app_is_still_read(
    tmp_path: Path, content: bytes | None, mode: int, expected: str
) -> None:
    app_folder(tmp_path)
    handler = tmp_path / "handler"
    handler.unlink()
    if content is not None:
        handler.write_bytes(content)
        handler.chmod(mode)
    app = find(tmp_path)
    (problem,) = app.problems
    assert (problem.rule, len(app.functions)) == ("start-exec-missing", 1)
    assert expected in problem.message
    assert problem.place.startswith(f"{tmp_path}/host.json:")


def test_arguments_that_reach_the_handler_changed_are_problems(tmp_path: Path) -> None:
    description = {"defaultExecutablePath": "handler", "arguments": ["my file", "%NOPE%x", '"kept whole"']}
    app = find(app_folder(tmp_path, host_json({"description": description})))
    assert app.command[1:] == ("my", "file", "x", "kept whole")
    assert rules(app) == ["cfg-arg-split", "cfg-percent-lost"]


def test_arguments_may_be_replaced_by_a_setting_that_holds_a_list(tmp_path: Path) -> None:
    app_folder(tmp_path, host_json({"description": {"defaultExecutablePath": "handler", "arguments": ["a"]}}))
    setting = {"AzureFunctionsJobHost__customHandler__description__arguments": '["b", "c"]'}
    assert find(tmp_path, environ={**ENVIRON, **setting}).command[1:] == ("b", "c")


def test_app_settings_override_host_json_and_the_environment_wins(tmp_path: Path) -> None:
    app_folder(tmp_path)
    for name in ("one", "two"):
        executable(tmp_path / name)
    prefix = "AzureFunctionsJobHost__CustomHandler__description__"
    values = {f"{prefix}defaultExecutablePath": "one", f"{prefix}arguments__0": "x", "COUNT": 3, "FLAG": True}
    (tmp_path / "local.settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    app = find(tmp_path)
    assert app.command == (f"{tmp_path}/one", "x")
    assert (app.settings["COUNT"], app.settings["FLAG"]) == ("3", "true")
    app = find(tmp_path, environ={**ENVIRON, f"{prefix}defaultExecutablePath": "two", "COUNT": "4"})
    assert app.command == (f"{tmp_path}/two", "x")
    assert "COUNT" not in app.settings


def test_a_wrong_override_names_the_setting(tmp_path: Path) -> None:
    app_folder(tmp_path)
    with pytest.raises(AppError, match=r"app setting AzureFunctionsJobHost__customHandler__port: .*'x'"):
        find(tmp_path, environ={**ENVIRON, "AzureFunctionsJobHost__customHandler__port": "x"})


def test_encrypted_settings_are_refused_with_the_way_out(tmp_path: Path) -> None:
    app_folder(tmp_path)
    (tmp_path / "local.settings.json").write_text('{"IsEncrypted": true, "Values": {"A": "x"}}')
    with pytest.raises(AppError, match="func settings decrypt"):
        find(tmp_path)


def test_forwarding_applies_to_functions_with_http_in_and_out_only(tmp_path: Path) -> None:
    three = [*HTTP, {"type": "queue", "direction": "out", "name": "log", "queueName": "log"}]
    app = find(app_folder(tmp_path, host_json({"enableForwardingHttpRequest": True}), a=HTTP, b=three, c=QUEUE))
    assert [(f.contract, f.proxying) for f in app.functions] == [
        ("azure-forward", "forward"),
        ("azure-http", ""),
        ("azure-http", ""),
    ]
    (problem,) = app.problems
    assert (problem.rule, problem.message.split()[0]) == ("cfg-forward-extra-binding", "b")


def test_proxying_wins_over_forwarding(tmp_path: Path) -> None:
    text = host_json({"enableForwardingHttpRequest": True, "enableProxyingHttpRequest": True})
    (function,) = find(app_folder(tmp_path, text)).functions
    assert (function.contract, function.proxying) == ("azure-forward", "proxy")


def test_the_legacy_section_forwards_and_loses_against_the_new_one(tmp_path: Path) -> None:
    worker = {"description": {"defaultExecutablePath": "handler"}}
    app = find(app_folder(tmp_path, json.dumps({"version": "2.0", "httpWorker": worker})))
    assert (app.functions[0].contract, app.functions[0].proxying, app.problems) == ("azure-forward", "legacy", ())
    app = find(app_folder(tmp_path, host_json(httpWorker=worker)))
    assert (app.functions[0].contract, rules(app)) == ("azure-http", ["cfg-mixed-sections"])


def test_routes_make_functions_and_do_not_go_with_function_json(tmp_path: Path) -> None:
    routes = {"http": {"routes": [{"route": "{*all}"}, {"route": "x", "authorizationLevel": "anonymous"}]}}
    executable(tmp_path / "handler")
    (tmp_path / "host.json").write_text(host_json(routes))
    app = find(tmp_path)
    assert [(f.name, f.route, f.methods) for f in app.functions] == [
        ("http-handler1", "{*all}", ()),
        ("http-handler2", "x", ()),
    ]
    assert [f.bindings[0].options["authLevel"] for f in app.functions] == ["function", "anonymous"]
    assert rules(find(app_folder(tmp_path, host_json(routes)))) == ["cfg-routes-and-function-json"]


def test_a_profile_sets_proxying_and_one_route_for_all(tmp_path: Path) -> None:
    executable(tmp_path / "handler")
    (tmp_path / "host.json").write_text(host_json(configurationProfile="mcp-custom-handler"))
    (function,) = find(tmp_path).functions
    assert (function.proxying, function.route, function.route_prefix) == ("proxy", "{*route}", "")


def test_names_that_the_host_refuses_are_problems(tmp_path: Path) -> None:
    returns = [HTTP[0], {"type": "http", "direction": "out", "name": "$return"}]
    odd = [{**HTTP[0], "name": "my_req"}, HTTP[1]]
    app = find(app_folder(tmp_path, None, **{"1st": HTTP, "host": HTTP, "good-one_2": returns, "odd": odd}))
    assert rules(app) == ["cfg-name-invalid"] * 3
    assert [problem.message.split()[0] for problem in app.problems] == ["'1st'", "'host'", "'my_req'"]


def test_a_function_json_beside_host_json_is_a_function_named_after_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "my app"
    executable(root / "handler")
    (root / "host.json").write_text(host_json())
    (root / "function.json").write_text(json.dumps({"bindings": HTTP}))
    app = find(root)
    assert app.functions[0].name == "my-app"
    assert "my-app after the folder" in app.reason


def test_switched_off_functions_are_left_out(tmp_path: Path) -> None:
    app_folder(tmp_path, None, on=HTTP, off=HTTP, out=HTTP)
    (tmp_path / "off/function.json").write_text(json.dumps({"disabled": True, "bindings": HTTP}))
    app = find(tmp_path, environ={**ENVIRON, "AzureWebJobs.out.Disabled": "1"})
    assert [function.name for function in app.functions] == ["on"]


def test_settings_are_put_into_queue_names_and_routes(tmp_path: Path) -> None:
    queue = [{**QUEUE[0], "queueName": "%Q%-%R%"}]
    (function,) = find(app_folder(tmp_path, None, order=queue), environ={**ENVIRON, "Q": "orders"}).functions
    assert function.source == "orders-%R%"


def test_an_app_without_functions_needs_a_contract(tmp_path: Path) -> None:
    executable(tmp_path / "handler")
    (tmp_path / "host.json").write_text(host_json())
    with pytest.raises(AppError, match=r"no function; looked for <Function>/function\.json"):
        find(tmp_path)
    app = find(tmp_path, contract="azure-stdio")
    assert [(f.name, f.trigger, f.contract) for f in app.functions] == [("http", "http", "azure-stdio")]
