from __future__ import annotations

import base64
import json

import pytest
from click.testing import CliRunner, Result

from fnfuzz.cli.group import fnfuzz
from fnfuzz.events import from_data
from fnfuzz_strategies import CARRIED_TRIGGERS

PAIRS = [(contract, trigger) for contract, triggers in CARRIED_TRIGGERS.items() for trigger in triggers]


def generated(*arguments: str) -> Result:
    return CliRunner().invoke(fnfuzz, ["generate", *arguments])


@pytest.mark.parametrize(("contract", "trigger"), PAIRS)
@pytest.mark.parametrize("realistic", [(), ("--realistic",)])
def test_every_trigger_of_every_contract_has_events_and_a_wire_form(
    contract: str, trigger: str, realistic: tuple[str, ...]
) -> None:
    result = generated(contract, trigger, "--count", "2", "--seed", "1", "--format", "json", *realistic)
    assert result.exit_code == 0, result.output
    for item in json.loads(result.stdout):
        assert from_data(item["event"]).trigger == trigger
        assert base64.b64decode(item["wire_base64"])
        assert item["contract"] == contract


def test_the_same_seed_prints_the_same() -> None:
    words = ("azure", "queue", "--count", "3", "--realistic", "--seed", "7")
    assert generated(*words).stdout == generated(*words).stdout


def test_events_come_one_a_line() -> None:
    lines = generated("fc", "blob", "--count", "3", "--seed", "1", "--format", "event").stdout.splitlines()
    assert [from_data(json.loads(line)).trigger for line in lines] == ["blob"] * 3


def test_the_wire_form_is_the_bytes_themselves() -> None:
    data = generated("azure", "http", "--seed", "1", "--format", "wire").stdout_bytes
    assert data.startswith(b"POST /Example HTTP/1.1\r\n")
    assert data.endswith(b"0\r\n\r\n")


def test_people_see_event_and_wire_form() -> None:
    text = generated("fc", "http", "--seed", "1").stdout
    assert text.startswith('  event      {"trigger": "http"')
    assert "  wire       GET / HTTP/1.1\n" in text or "  wire       " in text


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("azure", "raw"), "azure-http does not carry this trigger; it carries http, queue, blob, timer"),
        (
            ("azure", "queue", "--contract", "azure-forward"),
            "azure-forward does not carry this trigger; it carries http",
        ),
        (("fc", "queue", "--contract", "azure-http"), "take one of fc-event, fc-web"),
        (("azzure", "queue"), "'azzure' is not one of"),
    ],
)
def test_what_a_contract_does_not_carry_is_told(arguments: tuple[str, ...], hint: str) -> None:
    result = generated(*arguments)
    assert result.exit_code == 2
    assert hint in result.output
