"""s.yaml, template.yml and bootstrap: what Function Compute makes of them (alibaba-fc.md 1, 2)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from tests.harness.app_folders import executable, s_yaml

from fnfuzz.app import App, AppError, Hook, discover, discover_all
from fnfuzz.app.bootstrap import start_flaw

ENVIRON = {"PATH": "/usr/bin:/bin"}
FC3 = """
functionName: resize
runtime: custom.debian10
code: ./code
"""
FC2 = """
service: {name: img}
function:
  name: resize
  runtime: custom
  codeUri: ./code
"""


def find(root: Path, **more: Any) -> App:
    return discover(root, **{"environ": ENVIRON, **more})


def triggers(root: Path, text: str) -> list[tuple[str, str, str, str, str]]:
    """(name, trigger, form, source, contract) of every function of an fc3 resource with these triggers."""
    indented = "\n".join(f"  {line}" for line in text.strip("\n").split("\n"))
    app = find(s_yaml(root, f"{FC3}triggers:\n{indented}"))
    return [(f.name, f.trigger, f.form, f.source, f.contract) for f in app.functions]


def test_an_fc3_function_is_read_with_all_its_limits(tmp_path: Path) -> None:
    app = find(
        s_yaml(
            tmp_path,
            f"""{FC3}timeout: 30
memorySize: 1024
instanceConcurrency: 10
environmentVariables: {{A: x, N: 1, T: true}}
customRuntimeConfig:
  command: [sh]
  args: [run.sh, 9000]
  port: 8080
  healthCheckConfig: {{httpGetUrl: /ready, periodSeconds: 5}}
instanceLifecycleConfig:
  initializer: {{handler: any, timeout: 20}}
  preStop: {{handler: any}}
  preFreeze: {{handler: any}}
triggers:
  - triggerName: t1
    triggerType: timer
    triggerConfig: {{cronExpression: '0 0 8 * * *'}}
""",
        )
    )
    assert (app.platform, app.name, app.edition, app.runtime) == ("fc", "resize", "3.0.0", "custom.debian10")
    assert (app.command, app.cwd) == (("sh", "run.sh", "9000"), tmp_path / "code")
    assert (app.port, app.start_timeout, app.concurrency, app.max_memory) == (8080, 120.0, 10, 1024)
    assert app.settings == {"A": "x", "N": "1", "T": "true"}
    assert app.hooks == (Hook(name="initialize", timeout=20.0), Hook(name="pre-stop", timeout=3.0))
    assert app.health_check is not None
    assert (app.health_check["httpGetUrl"], app.health_check["periodSeconds"], app.health_check["timeoutSeconds"]) == (
        "/ready",
        5,
        1,
    )
    (function,) = app.functions
    assert (function.name, function.trigger, function.form, function.trigger_name) == ("resize", "timer", "timer", "t1")
    assert (function.timeout, function.contract, function.route_prefix) == (30.0, "fc-event", "")
    assert app.problems == ()


def test_the_defaults_are_those_of_the_tool(tmp_path: Path) -> None:
    app = find(s_yaml(tmp_path, FC3))
    assert (app.command, app.cwd) == ((f"{tmp_path}/code/bootstrap",), tmp_path / "code")
    assert (app.port, app.concurrency, app.max_memory, app.hooks, app.health_check) == (9000, 1, 512, (), None)
    (function,) = app.functions
    assert (function.trigger, function.form, function.contract, function.timeout) == ("raw", "raw", "fc-event", 3.0)


def test_an_fc2_function_is_read_with_its_own_keys(tmp_path: Path) -> None:
    text = f"""{FC2}  caPort: 8000
  timeout: 60
  initializer: index.init
  initializationTimeout: 10
  instanceLifecycleConfig:
    preStop: {{handler: a, timeout: 4}}
    preFreeze: {{handler: a, timeout: 5}}
  customHealthCheckConfig: {{httpGetUrl: /}}
  environmentVariables: {{A: x}}
triggers:
  - {{name: web, type: http, config: {{methods: [get, POST], authType: anonymous}}}}
  - {{name: pics, type: oss, config: {{bucketName: b, filter: {{Key: {{Prefix: in/, Suffix: .png}}}}}}}}
"""
    app = find(s_yaml(tmp_path, text, edition="1.0.0", component="devsapp/fc@0.1.1"))
    assert (app.edition, app.name, app.port, app.settings) == ("1.0.0", "resize", 8000, {"A": "x"})
    assert [(hook.name, hook.timeout) for hook in app.hooks] == [("initialize", 10), ("pre-stop", 4), ("pre-freeze", 5)]
    web, pics = app.functions
    assert (web.name, web.trigger, web.contract, web.methods) == ("resize/web", "http", "fc-web", ("GET", "POST"))
    assert (pics.name, pics.trigger, pics.form, pics.source) == ("resize/pics", "blob", "oss", "b/in/{name}.png")
    assert app.health_check is not None


def test_every_trigger_type_has_its_form(tmp_path: Path) -> None:
    found = triggers(
        tmp_path,
        """
- {triggerName: a, triggerType: oss, sourceArn: 'acs:oss:cn-hangzhou:1:pics', triggerConfig: {}}
- triggerName: b
  triggerType: mns_topic
  sourceArn: 'acs:mns:cn-hangzhou:1:/topics/t'
  triggerConfig: {notifyContentFormat: JSON}
- triggerName: c
  triggerType: mns_topic
  sourceArn: 'acs:mns:cn-hangzhou:1:/topics/t'
  triggerConfig: {notifyContentFormat: STREAM}
- triggerName: d
  triggerType: eventbridge
  triggerConfig:
    eventSourceConfig:
      eventSourceType: MNS
      eventSourceParameters: {sourceMNSParameters: {QueueName: q1}}
- {triggerName: e, triggerType: eventbridge, triggerConfig: {eventSourceConfig: {eventSourceType: Kafka}}}
- {triggerName: f, triggerType: tablestore}
- triggerName: h
  triggerType: eventbridge
  triggerConfig:
    eventSourceConfig:
      eventSourceType: RocketMQ
      eventSourceParameters: {sourceRocketMQParameters: {Topic: orders, Tag: a}}
- triggerName: i
  triggerType: eventbridge
  triggerConfig:
    eventSourceConfig:
      eventSourceParameters: {sourceRabbitMQParameters: {QueueName: q2}}
- {triggerName: j, triggerType: eventbridge, triggerConfig: {eventSourceConfig: {eventSourceType: DTS}}}
- {triggerName: g, triggerType: http, triggerConfig: {methods: [GET]}}
""",
    )
    assert found == [
        ("resize/a", "blob", "oss", "pics/{name}", "fc-event"),
        ("resize/b", "queue", "mns-topic-json", "t", "fc-event"),
        ("resize/c", "queue", "mns-topic-stream", "t", "fc-event"),
        ("resize/d", "queue", "mns-queue", "q1", "fc-event"),
        ("resize/e", "queue", "kafka", "", "fc-event"),
        ("resize/f", "tablestore", "", "", "fc-event"),
        ("resize/h", "queue", "rocketmq", "orders", "fc-event"),
        ("resize/i", "queue", "rabbitmq", "q2", "fc-event"),
        ("resize/j", "eventbridge", "", "", "fc-event"),
        ("resize/g", "http", "", "", "fc-web"),
    ]


def test_variables_are_resolved_and_the_rest_is_told(tmp_path: Path) -> None:
    s_yaml(
        tmp_path,
        f"{FC3}timeout: ${{vars.limit}}\n"
        "environmentVariables: {A: '${env(X, none)}-${env(Y)}', B: '${file(z)}'}\n",
    )
    with (tmp_path / "s.yaml").open("a") as file:
        file.write("      description: ${this.props.runtime}\nvars: {limit: 42}\n")
    app = find(tmp_path, environ={**ENVIRON, "Y": "set"})
    assert (app.functions[0].timeout, app.settings["A"], app.settings["B"]) == (42.0, "none-set", "${file(z)}")
    assert "${file(z)}" in app.reason


def test_variables_that_feed_each_other_end(tmp_path: Path) -> None:
    s_yaml(tmp_path, f"{FC3}environmentVariables: {{A: '${{vars.a}}', B: '${{vars.m0}}'}}\n")
    lines = [f"  m{n}: '" + f"${{vars.m{n + 1}}}" * 20 + "'" for n in range(8)]
    with (tmp_path / "s.yaml").open("a") as file:
        file.write("\n".join(["vars:", "  a: ${vars.b}", "  b: ${vars.a}", *lines, ""]))
    assert "${vars." in find(tmp_path).settings["A"]


def test_functions_of_one_file_that_start_alike_are_one_app(tmp_path: Path) -> None:
    s_yaml(tmp_path, FC3)
    with (tmp_path / "s.yaml").open("a") as file:
        file.write("  other:\n    component: fc3\n    props: {functionName: thumb, runtime: custom, code: code}\n")
        file.write("  web:\n    component: fc3-domain\n    props: {}\n")
    text = (tmp_path / "s.yaml").read_text().replace("runtime: custom.debian10", "runtime: custom")
    (tmp_path / "s.yaml").write_text(text)
    assert [function.name for function in find(tmp_path).functions] == ["resize", "thumb"]


def test_functions_that_start_differently_are_apps_of_their_own(tmp_path: Path) -> None:
    s_yaml(tmp_path, FC3)
    other = executable(tmp_path / "second/bootstrap")
    with (tmp_path / "s.yaml").open("a") as file:
        file.write("  other:\n    component: fc3\n    props: {functionName: thumb, runtime: custom, code: second}\n")
    assert [app.name for app in discover_all(tmp_path, environ=ENVIRON)] == ["resize", "thumb"]
    assert "thumb" in find(tmp_path).reason
    chosen = find(other)
    assert (chosen.name, chosen.command, chosen.root) == ("thumb", (str(other),), tmp_path)


def test_a_resource_whose_code_is_missing_does_not_hide_the_others(tmp_path: Path) -> None:
    s_yaml(tmp_path, FC3)
    with (tmp_path / "s.yaml").open("a") as file:
        file.write("  other:\n    component: fc3\n    props: {functionName: thumb, runtime: custom, code: gone}\n")
    app = find(tmp_path)
    assert [function.name for function in app.functions] == ["resize"]
    assert "no code folder" in app.reason


TEMPLATE = """
ROSTemplateFormatVersion: '2015-09-01'
Transform: 'Aliyun::Serverless-2018-04-03'
Resources:
  service:
    Type: 'Aliyun::Serverless::Service'
    Properties: {Description: !Ref name}
    fun:
      Type: 'Aliyun::Serverless::Function'
      Properties:
        Handler: any
        Runtime: custom
        CodeUri: ./code
        CAPort: 9001
        Timeout: 15
        Initializer: any
        EnvironmentVariables: {A: 1}
      Events:
        web: {Type: HTTP, Properties: {Methods: [GET]}}
        topic: {Type: MNSTopic, Properties: {TopicName: t, NotifyContentFormat: JSON}}
        clock: {Type: Timer, Properties: {CronExpression: '@every 1m'}}
        rows: {Type: TableStore}
"""


@pytest.mark.parametrize("name", ["template.yml", "template.yaml"])
def test_a_fun_template_is_read(tmp_path: Path, name: str) -> None:
    executable(tmp_path / "code/bootstrap")
    (tmp_path / name).write_text(TEMPLATE)
    app = find(tmp_path)
    assert (app.edition, app.port, app.max_memory, app.settings) == ("1.0.0", 9001, 128, {"A": "1"})
    assert app.hooks == (Hook(name="initialize", timeout=3.0),)
    assert [(f.name, f.trigger, f.form, f.source, f.timeout) for f in app.functions] == [
        ("fun/web", "http", "", "", 15.0),
        ("fun/topic", "queue", "mns-topic-json", "t", 15.0),
        ("fun/clock", "timer", "timer", "", 15.0),
        ("fun/rows", "tablestore", "", "", 15.0),
    ]


def test_a_template_of_another_platform_is_no_app(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(
        "AWSTemplateFormatVersion: '2010-09-09'\nResources: {F: {Type: 'AWS::X'}}\n"
    )
    with pytest.raises(AppError, match="no function app here"):
        find(tmp_path)


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ("runtime: nodejs12\n", ["no function with a custom runtime", "demo (runtime nodejs12)"]),
        ("runtime: custom\ncode: app.zip\n", ["archive", "unpack it", "after --"]),
        ("runtime: custom\ncode: gone\n", ["s.yaml:5:5", "no code folder", "gone"]),
        ("runtime: custom\ntimeout: soon\n", ["s.yaml:8:16", "props.timeout", "'soon'", "whole number"]),
        ("runtime: custom\ntriggers: {a: b}\n", ["resources.demo.props.triggers", "a list of objects"]),
        ("runtime: custom\ncustomRuntimeConfig: {port: 70000}\n", ["customRuntimeConfig.port", "70000", "65535"]),
        ("runtime: custom-container\ncustomContainerConfig: {image: x}\n", ["custom-container", "image", "after --"]),
        ("runtime: [custom\n", ["s.yaml:", "not YAML", "expected"]),
        ("runtime: !!python/object/apply:os.system [id]\n", ["s.yaml:7:16", "not YAML"]),
        ("runtime: 2020-99-99\n", ["s.yaml", "not YAML"]),
    ],
)
def test_a_wrong_s_yaml_is_told_with_its_place_and_what_to_do(tmp_path: Path, props: str, expected: list[str]) -> None:
    s_yaml(tmp_path, props)
    with pytest.raises(AppError) as error:
        find(tmp_path)
    assert [part for part in expected if part not in str(error.value)] == []


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
        "a: &a {x: 1}\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)}\n  <<: [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)),
        "a: &a [*a]\n",
    ],
    ids=["lists", "merges", "itself"],
)
def test_a_yaml_bomb_is_refused_at_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(AppError, match="aliases make more than"):
        find(tmp_path)


@pytest.mark.parametrize("text", ["[" * 5000, "a: 1\n---\nb: 2\n", "\x01", "- a\n"])
def test_odd_yaml_is_an_error_of_the_app(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(AppError, match=r"s\.yaml"):
        find(tmp_path)


@pytest.mark.parametrize("name", ["s.yaml", "host.json"])
def test_a_huge_file_is_refused_unread(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b" " * (4 * 1024 * 1024 + 1))
    with pytest.raises(AppError, match=f"{name}: is larger than 4 MiB"):
        find(tmp_path)


ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 2, 0x3E)


@pytest.mark.parametrize(
    ("content", "mode", "rule"),
    [
        (None, 0, "start-file-missing"),
        (b"#!/bin/sh\n", 0o644, "start-file-not-executable"),
        (b"exec python3 server.py\n", 0o755, "start-file-bad-format"),
        (b"#!/bin/bash\r\npython3 server.py\r\n", 0o755, "start-file-bad-format"),
        (ELF[:18] + b"\xb7\x00", 0o755, "start-file-bad-format"),
        (ELF[:4] + b"\x01" + ELF[5:], 0o755, "start-file-bad-format"),
        (ELF, 0o755, None),
        (b"#!/bin/sh\necho\n", 0o755, None),
        (b"#! /usr/bin/env -S sh -e\n", 0o755, None),
    ],
)
def test_a_bootstrap_that_the_platform_cannot_start_is_a_problem(
    tmp_path: Path, content: bytes | None, mode: int, rule: str | None
) -> None:
    s_yaml(tmp_path, FC3)
    bootstrap = tmp_path / "code/bootstrap"
    bootstrap.unlink()
    if content is not None:
        bootstrap.write_bytes(content)
        bootstrap.chmod(mode)
    assert [problem.rule for problem in find(tmp_path).problems] == ([rule] if rule else [])


def test_a_program_that_only_the_cloud_may_have_is_no_problem_but_is_told(tmp_path: Path) -> None:
    for name in ("no-such-python", "/var/fc/lang/python3.10/bin/python3"):
        app = find(s_yaml(tmp_path, f"{FC3}customRuntimeConfig: {{command: [{name}]}}\n"))
        assert (app.problems, app.command) == ((), (name,))
        assert f"{name} is not on this machine" in app.reason


def test_a_start_command_in_the_code_folder_is_checked(tmp_path: Path) -> None:
    for name in ("./server", "bin/server", "/code/server"):
        (problem,) = find(s_yaml(tmp_path, f"{FC3}customRuntimeConfig: {{command: [{name}]}}\n")).problems
        assert (problem.rule, problem.place) == ("start-file-missing", f"{tmp_path}/s.yaml:5:5")


def test_a_command_that_is_one_text_is_split_as_the_platform_joins_it(tmp_path: Path) -> None:
    app = find(s_yaml(tmp_path, f"{FC3}customRuntimeConfig: {{command: ['sh -c'], args: ['\"echo a\"']}}\n"))
    assert app.command == ("sh", "-c", "echo a")


def test_paths_under_code_lead_into_the_code_folder(tmp_path: Path) -> None:
    app = find(s_yaml(tmp_path, f"{FC3}customRuntimeConfig: {{command: [/code/bootstrap, /code/x.py]}}\n"))
    assert (app.command, app.problems) == ((f"{tmp_path}/code/bootstrap", f"{tmp_path}/code/x.py"), ())


def test_a_folder_with_only_bootstrap_takes_raw_events(tmp_path: Path) -> None:
    executable(tmp_path / "bootstrap")
    for target in (tmp_path, tmp_path / "bootstrap"):
        app = find(target)
        assert (app.platform, app.command, app.port) == ("fc", (f"{tmp_path}/bootstrap",), 9000)
        assert [(f.trigger, f.contract) for f in app.functions] == [("raw", "fc-event")]
        assert "until it is tried" in app.reason


def test_a_container_starts_what_is_also_here(tmp_path: Path) -> None:
    text = (
        "runtime: custom-container\ncustomContainerConfig: {image: x, entrypoint: [sh], command: [-c, run], port: 80}\n"
    )
    app = find(s_yaml(tmp_path, text))
    assert (app.command[1:], app.port, app.cwd) == (("-c", "run"), 80, tmp_path)
    old = """
function:
  name: f
  runtime: custom-container
  customContainerConfig: {image: x, command: '["sh"]', args: '["-c"]'}
"""
    app = find(s_yaml(tmp_path, old, edition="1.0.0", component="fc"))
    assert app.command[1:] == ("-c",)


def test_a_container_without_web_server_mode_has_nothing_to_drive(tmp_path: Path) -> None:
    text = "function: {runtime: custom-container, customContainerConfig: {image: x, webServerMode: false}}\n"
    with pytest.raises(AppError, match="webServerMode is off"):
        find(s_yaml(tmp_path, text, component="fc"))


def test_a_file_nobody_may_read_is_left_to_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = executable(tmp_path / "x")

    def refuse(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert start_flaw(path) is None
