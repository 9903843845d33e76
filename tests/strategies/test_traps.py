from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import fnfuzz_strategies
from fnfuzz import traps

TABLES = {name: getattr(traps, name) for name in traps.__all__ if name != "SIZE_STEPS"}


def _refuse(token: str) -> None:
    raise ValueError(token)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_table_holds_a_value_twice(table: Mapping[str, str | bytes]) -> None:
    assert len(set(table.values())) == len(table)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_text_can_be_sent_as_utf8(table: Mapping[str, str | bytes]) -> None:
    texts = [value for value in table.values() if isinstance(value, str)]
    assert [text.encode("utf-8").decode("utf-8") for text in texts] == texts


@pytest.mark.parametrize("text", [*traps.JSON_TRAPS.values(), *traps.NUMBER_TRAPS.values()])
def test_json_traps_are_json(text: str) -> None:
    json.loads(text, parse_constant=_refuse)
    assert text.strip()


@pytest.mark.parametrize("text", traps.MALFORMED_JSON_TRAPS.values(), ids=traps.MALFORMED_JSON_TRAPS)
def test_malformed_json_traps_are_not_json(text: str) -> None:
    with pytest.raises(ValueError):
        json.loads(text, parse_constant=_refuse)


def test_sizes_grow() -> None:
    assert list(traps.SIZE_STEPS) == sorted(set(traps.SIZE_STEPS))


def test_the_tables_need_no_other_module() -> None:
    source = Path(traps.__file__)
    code = f"import sys, runpy; runpy.run_path({str(source)!r}); print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"


def test_importing_the_package_does_not_import_faker() -> None:
    root = Path(fnfuzz_strategies.__file__).parents[1]
    harness = root.parent / "harness"
    start = f"import sys; sys.path[:0] = [{str(root)!r}, {str(harness)!r}]"
    code = f"{start}; import fnfuzz_strategies; print('faker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "False\n"
