from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from fnfuzz.cli.corpus import COMMANDS as CORPUS_COMMANDS
from fnfuzz.cli.group import COMMANDS, fnfuzz
from fnfuzz.cli.options import CONTRACTS, PATIENCE
from fnfuzz.contracts import CONTRACT_IDS
from fnfuzz.fuzz import Plan

HEAVY = ("hypothesis", "faker", "rich", "psutil", "yaml", "httptools", "msgpack", "_pytest")


def loaded_after(code: str) -> set[str]:
    script = f"import sys\ntry:\n    {code}\nexcept SystemExit:\n    pass\nprint('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.partition("LOADED ")[2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import fnfuzz",
        "from fnfuzz.cli import main; sys.argv = ['fnfuzz', '--help']; main()",
        "from fnfuzz.cli import main; sys.argv = ['fnfuzz', 'run', '--help']; main()",
        "from fnfuzz.cli import main; sys.argv = ['fnfuzz', '--version']; main()",
    ],
)
def test_nothing_heavy_is_loaded_for_help(code: str) -> None:
    loaded = loaded_after(code)
    assert "fnfuzz" in loaded
    assert not loaded & set(HEAVY)


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    context = click.Context(fnfuzz)
    for name, (_, line) in COMMANDS.items():
        command = fnfuzz.get_command(context, name)
        assert command is not None
        assert (command.name, command.get_short_help_str(200)) == (name, line)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example(name: str) -> None:
    result = CliRunner().invoke(fnfuzz, [name, "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"  fnfuzz {name} " in result.output


EVERY = [(name,) for name in COMMANDS] + [("corpus", name) for name in CORPUS_COMMANDS]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_no_line_of_help_is_wider_than_80_columns(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(fnfuzz, [*words, "--help"])
    assert result.exit_code == 0
    assert [line for line in result.output.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_tells_what_it_does_and_shows_it(words: tuple[str, ...]) -> None:
    text = CliRunner().invoke(fnfuzz, [*words, "--help"]).output
    assert f"  fnfuzz {' '.join(words)} " in text
    usage, purpose, *rest = [part for part in text.split("\n\n") if part.strip()]
    assert usage.startswith(f"Usage: fnfuzz {' '.join(words)} ") or "root" in usage
    assert purpose.strip().endswith(".")
    assert "\n" not in purpose.strip()
    assert rest


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_option_is_told_once_and_has_words(words: tuple[str, ...]) -> None:
    command: click.Command = fnfuzz
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(fnfuzz), word)
        assert found is not None
        command = found
    context = click.Context(command, info_name="x")
    text = command.get_help(context)
    for option in command.get_params(context):
        if isinstance(option, click.Option) and not option.hidden:
            assert option.help
            lines = [line for line in text.splitlines() if line.lstrip().startswith(tuple(option.opts))]
            assert any(option.opts[-1] in line for line in lines), option.opts


def test_options_are_told_in_groups() -> None:
    text = CliRunner().invoke(fnfuzz, ["run", "--help"]).output
    places = [text.index(f"\n{heading}:\n") for heading in ("The app", "How long and how much", "Results")]
    assert places == sorted(places)
    assert text.index("--max-time TIME") < text.index("--max-cases") < text.index("--report")


def test_the_names_and_defaults_of_the_options_are_those_of_the_library() -> None:
    assert CONTRACTS == CONTRACT_IDS
    assert Plan().patience == PATIENCE


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["ruin"], "Did you mean 'run'?"),
        (["tea"], "There are run, check"),
        (["corpus", "mrge"], "Did you mean 'merge'?"),
        (["./shop"], "Did you mean 'fnfuzz run ./shop'?"),
        (["rules", "serverr-error"], "did you mean server-error?"),
        (["run", "--contract", "azure-htp"], "Did you mean 'azure-http'?"),
        (["corpus", "import", "x", "--format", "hra"], "Did you mean 'har'?"),
        (["run", "--max-tim", "3"], "--max-time"),
        (["run", "--max-time", "soon"], "write 30s, 5m or 1h"),
        (["run", "--max-time", "0"], "write 30s, 5m or 1h"),
        (["run", "--"], "the command that starts the handler"),
    ],
)
def test_wrong_usage_exits_with_2_and_a_hint(arguments: list[str], hint: str) -> None:
    result = CliRunner().invoke(fnfuzz, arguments)
    assert result.exit_code == 2
    assert hint in result.output


def test_the_module_can_be_run() -> None:
    done = subprocess.run([sys.executable, "-m", "fnfuzz", "--version"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stdout.startswith("fnfuzz ")
