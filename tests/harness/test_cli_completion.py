from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from tests.harness.kit.shop import make_shop

from fnfuzz.cli.completion import SHELLS
from fnfuzz.cli.group import COMMANDS, fnfuzz
from fnfuzz.cli.options import CONTRACTS
from fnfuzz.report.registry import REPORTERS
from fnfuzz.rules import RULES


def offered(*words: str, begun: str = "") -> list[str]:
    """What is offered behind these words for what was typed so far."""
    shell = ShellComplete(fnfuzz, {}, "fnfuzz", "_FNFUZZ_COMPLETE")
    return [item.value for item in shell.get_completions(list(words), begun)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_printed_for_each_shell(shell: str) -> None:
    result = CliRunner().invoke(fnfuzz, ["completion", shell])
    assert result.exit_code == 0
    assert f"_FNFUZZ_COMPLETE={shell}_complete" in result.stdout


def test_an_unknown_shell_is_told_the_nearest_one() -> None:
    result = CliRunner().invoke(fnfuzz, ["completion", "bsh"])
    assert result.exit_code == 2
    assert "Did you mean 'bash'?" in result.output


def test_commands_options_and_choices_are_completed() -> None:
    assert offered() == list(COMMANDS)
    assert offered(begun="r") == [name for name in COMMANDS if name.startswith("r")]
    assert offered("corpus", begun="m") == ["minimize", "merge"]
    assert offered("run", begun="--max") == ["--max-time", "--max-cases"]
    assert offered("rules", "--contract", begun="azure") == [item for item in CONTRACTS if item.startswith("azure")]


def test_values_are_completed_too() -> None:
    assert offered("rules", begun="resp-") == [rule for rule in RULES if rule.startswith("resp-")]
    assert offered("run", "--report") == list(REPORTERS)
    assert offered("run", "--report", begun="json=out") == ["out"]


def test_the_functions_are_those_of_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(tmp_path / "shop")
    assert offered("run", str(shop), "--function", begun="O") == ["Orders"]
    monkeypatch.chdir(shop)
    assert "Orders" in offered("run", "--function")
    assert offered("run", "--function", begun="O") == ["Orders"]
    assert offered("run", str(tmp_path / "nowhere"), "--function") == []


def test_words_behind_two_hyphens_are_files() -> None:
    assert offered("run", "--", begun="han") == ["han"]
    assert offered("run", begun="./han") == ["./han"]


def test_nothing_heavy_is_loaded_to_complete_a_command() -> None:
    code = (
        "import sys\nfrom fnfuzz.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sys.modules)"
    )
    environment = {"_FNFUZZ_COMPLETE": "bash_complete", "COMP_WORDS": "fnfuzz re", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, timeout=60
    )
    found, _, loaded = done.stdout.partition("LOADED ")
    assert found.split() == ["plain,record", "plain,replay"]
    assert not set(loaded.split()) & {"rich", "hypothesis", "yaml", "fnfuzz.fuzz"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_itself_completes(tmp_path: Path) -> None:
    program = tmp_path / "fnfuzz"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m fnfuzz "$@"\n')
    program.chmod(0o755)
    script = (
        'eval "$(fnfuzz completion bash)"\nCOMP_WORDS=(fnfuzz cor)\nCOMP_CWORD=1\n'
        '_fnfuzz_completion fnfuzz\necho "${COMPREPLY[@]}"\n'
    )
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment, timeout=60)
    assert done.stdout.split() == ["corpus"], done.stderr
