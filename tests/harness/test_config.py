"""The configuration file: which one counts, what is refused and how that is said, what holds for which function."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from fnfuzz.config import ConfigError, Configuration, checked, find_config, from_variables, read_config
from fnfuzz.config.functions import (
    check_functions,
    check_own_checks,
    check_rules,
    commands,
    environment,
    headers,
    ignored_rules,
    limits,
    own_checks,
)
from fnfuzz.config.initial import initial
from fnfuzz.config.keys import FUNCTION_KEYS, KEYS
from fnfuzz.config.lines import line_of, lines_of
from fnfuzz.config.reference import markdown
from fnfuzz.config.references import filled
from fnfuzz.config.schema import schema
from fnfuzz.config.showing import toml
from fnfuzz.config.values import CONTRACTS, OF_START, Wrong
from fnfuzz.contracts import CONTRACT_IDS
from fnfuzz.drivers.guard import INSTANCE, MARKER
from fnfuzz.host.environment import AZURE_LEGACY_PORT, AZURE_PORT, FC_PORTS
from fnfuzz.rules import RULES


def of(folder: Path, text: str, name: str = "fnfuzz.toml") -> Configuration:
    (folder / name).write_text(text, encoding="utf-8")
    found = find_config(folder)
    assert found is not None
    return checked(found)


def refused(folder: Path, text: str | bytes) -> str:
    (folder / "fnfuzz.toml").write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ConfigError) as error:
        checked(find_config(folder))  # type: ignore[arg-type] # it is there
    return str(error.value).replace(f"{folder}/", "")


# -- which file


def test_the_first_file_above_the_app_counts_and_none_above_the_repository(tmp_path: Path) -> None:
    app = tmp_path / "repository" / "services" / "shop"
    app.mkdir(parents=True)
    (tmp_path / "fnfuzz.toml").write_text("jobs = 9")
    (tmp_path / "repository" / ".git").mkdir()
    assert find_config(app) is None
    (tmp_path / "repository" / "fnfuzz.toml").write_text("jobs = 1")
    assert find_config(app).path == tmp_path / "repository" / "fnfuzz.toml"  # type: ignore[union-attr]
    (app / "pyproject.toml").write_text("[tool.other]\nwhat = 'fnfuzz'\n")
    assert find_config(app).path == tmp_path / "repository" / "fnfuzz.toml"  # type: ignore[union-attr]
    (app / "pyproject.toml").write_text("[tool.fnfuzz]\njobs = 2\n")
    assert find_config(app).path == app / "pyproject.toml"  # type: ignore[union-attr]
    (app / "fnfuzz.toml").write_text("jobs = 3")
    assert find_config(app).path == app / "fnfuzz.toml"  # type: ignore[union-attr]


def test_a_project_file_of_others_is_not_our_business_even_if_it_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "pyproject.toml").write_text("[[[ broken")
    assert find_config(tmp_path) is None


def test_places_in_a_project_file_are_those_of_the_whole_file(tmp_path: Path) -> None:
    text = "[project]\nname = 'x'\n\n[tool.fnfuzz]\nmax_time = '1m'\n\n[tool.fnfuzz.functions.a]\npatience = 3\n"
    found = of(tmp_path, text, "pyproject.toml")
    assert found.settings["max_time"].origin.endswith("pyproject.toml:5")
    assert found.functions["a"]["patience"].origin.endswith("pyproject.toml:8")


def test_a_named_file_has_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    for name, said in (("no.toml", "no such file"), ("pyproject.toml", "[tool.fnfuzz]"), (".", "is no file")):
        with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
            read_config(tmp_path / name)


# -- what is refused


WRONG: list[tuple[str | bytes, str]] = [
    ("\nmax_tim = '3s'", "fnfuzz.toml:2: max_tim: there is no such key; did you mean max_time?"),
    ("zzz = 1", "fnfuzz.toml:1: zzz: there is no such key; `fnfuzz config reference` lists all"),
    ("speed = 2", "speed: there is no such key; it belongs into [replay]"),
    ("[chek]\n", "chek: there is no such key; did you mean check?"),
    ("[replay]\nsped = 3", "fnfuzz.toml:2: replay.sped: there is no such key; did you mean speed?"),
    ("check = 3", "check: expected a table with max_time"),
    ("max_time = true", "expected a time such as 30s, 500ms, 5m or 1h, or a number of seconds, not true"),
    ("max_time = 'soon'", "not 'soon'"),
    ("max_time = 0", "not 0"),
    ("max_time = inf", "not inf"),
    ("max_time = nan", "not nan"),
    ("max_time = 1979-05-27", "not a date or time"),
    ("jobs = 300", "expected a whole number from 1 to 256, not 300"),
    ("jobs = 1.5", "expected a whole number from 1 to 256, not 1.5"),
    (f"seed = {'9' * 4000}", "expected a whole number from 0 to 9,223,372,036,854,775,807, not a number"),
    (f"seed = {'9' * 5000}", "this is no TOML"),
    ("seed = -1", "not -1"),
    ("report = 'json'", "expected a list such as"),
    ("report = ['']", "report[0]: the text is empty"),
    ("only = [1]", "only[0]: expected a text, not 1"),
    ("contract = 'azure-htp'", "did you mean azure-http?"),
    ("verbosity = 'loud'", "expected one of quiet, normal, verbose, not 'loud'"),
    ("strict = 'yes'", "expected true or false, not 'yes'"),
    ("command = 'python app.py'", "nothing goes through a shell, not 'python app.py'"),
    ("command = []", "the command is empty"),
    ("setup = 'make seed'", "nothing goes through a shell"),
    ("setup = [['make'], 'seed']", "setup[1]: expected a list of words"),
    ("setup = [['']]", "setup[0][0]: the text is empty"),
    ('state = "a\\u0000b"', "NUL"),
    ("environment = {A = 1}", "environment.A: expected a text, not 1"),
    ("environment = {FC_SERVER_PORT = '1'}", "made by the host for each start"),
    ("environment = {\"A=B\" = '1'}", "is no name of a variable"),
    ("headers = {Content-Length = '1'}", "made by the host for each request"),
    ("headers = {X-Fc-Request-Id = '1'}", "made by the host for each request"),
    ("headers = {A = '1', a = '2'}", "comes twice"),
    ("headers = {'A b' = '1'}", "is no name of a header"),
    ('headers = {A = "x\\r\\nB: c"}', "no line breaks"),
    ("ignore = [{rule = 'r'}]", "ignore[0]: reason is missing"),
    ("ignore = [{rule = 'r', reason = ' '}]", "ignore[0].reason: the text is empty"),
    (
        "ignore = [{rule = 'r', reason = 'x', plac = 'y'}]",
        "ignore[0].plac: there is no such key; did you mean place?",
    ),
    ("ignore = ['r']", "ignore[0]: expected a table"),
    ("functions = ['a']", "to drive a few alone: only"),
    ("[functions]\na = 3", "functions.a: expected a table"),
    (
        "[functions.a]\npatince = 3",
        "fnfuzz.toml:2: functions.a.patince: a function has no such key; did you mean pat",
    ),
    ("seed = 1\nseed = 2", "this is no TOML"),
    ("x = " + "[" * 5000, "fnfuzz.toml: "),
    ("a." * 300 + "b = 1", "dots in one line"),
    ("# " + "x" * 600_000, "is larger than"),
    ("seed = ", "this is no TOML"),
    (b"seed = 1\n# \xff\xfe", "fnfuzz.toml:2: not UTF-8 at byte 11; save it as UTF-8"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_place_and_what_is_expected(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    message = refused(tmp_path, text)
    assert said in message
    assert message.startswith("fnfuzz.toml")
    assert len(message) < 600


def test_all_mistakes_are_told_at_once_up_to_a_dozen(tmp_path: Path) -> None:
    lines = refused(tmp_path, "".join(f"wrong{number} = 1\n" for number in range(40))).splitlines()
    assert (len(lines), lines[-1]) == (13, "and 28 more")


@given(
    st.dictionaries(
        st.sampled_from([key.id for key in KEYS if not key.table] + ["functions", "x"]),
        st.recursive(
            st.one_of(
                st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
            ),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)
def test_any_toml_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    text = "".join(f"{key} = {toml(value)}\n" for key, value in table.items())
    (folder / "fnfuzz.toml").write_text(text, encoding="utf-8")
    found = find_config(folder)
    assert found is not None
    assert found.table == table
    told: tuple[str, ...] = ()
    try:
        checked(found)
    except ConfigError as error:
        told = error.lines
    assert all(line.startswith((str(folder), "and ")) for line in told)


# -- lines


def test_each_key_is_found_in_its_line_whatever_stands_between() -> None:
    text = '''
a = """
b = 1
[c]
"""  # a = 2
"d e" = [
  "]", # [x]
  {f = "g"},
]
h.i = 1
[[ignore]]  # =
rule = "x"
[functions."a.b"]
patience = \'\'\'
]\'\'\'
[[ignore]]
rule = "y"
[ functions . c . environment ]
A = "1"'''
    tomllib.loads(text)
    lines = lines_of(text)
    asked: list[tuple[tuple[str | int, ...], int | None]] = [
        (("a",), 2),
        (("b",), None),
        (("c",), None),
        (("d e",), 6),
        (("d e", 1, "f"), 6),
        (("h", "i"), 10),
        (("ignore",), 11),
        (("ignore", 0, "rule"), 12),
        (("ignore", 1, "rule"), 17),
        (("ignore", 1, "reason"), 16),
        (("functions", "a.b", "patience"), 14),
        (("functions", "c", "environment", "A"), 19),
    ]
    assert [(keys, line_of(lines, keys)) for keys, _ in asked] == asked


# -- references


def test_references_are_filled_and_secrets_need_not_be_in_the_file() -> None:
    environ = {"TOKEN": "s3", "EMPTY": ""}
    told = {
        "Bearer ${TOKEN}": "Bearer s3",
        "${NO:-x}${EMPTY:-y}${EMPTY}": "xy",
        "$${TOKEN} $5 $$": "${TOKEN} $5 $$",
        "${NO:-}": "",
    }
    assert {text: filled(text, environ) for text in told} == told


@pytest.mark.parametrize("text", ["${NO}", "${", "${a-b}", "${TOKEN", "${}"])
def test_a_reference_to_nothing_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        filled(text, {})


@given(st.text(), st.dictionaries(st.sampled_from(["A", "B"]), st.text()))
def test_a_text_without_braces_stays_as_it_is(text: str, environ: dict[str, str]) -> None:
    assert filled(text.replace("{", ""), environ) == text.replace("{", "")


# -- what holds for which function

TWO = """
environment = {SHARED = "${HOME}"}
headers = {Authorization = "all", X-Trace = "1"}
setup = ["top"]
teardown = ["top"]
ignore = [{rule = "server-error", reason = "old clients", place = "KeyError*"}]

[functions.orders]
patience = "1500ms"
headers = {authorization = "orders"}
environment = {LIMIT = "5"}
setup = [["one"], ["two"]]
teardown = ["one"]
checks = ["has-total"]

[functions.reports]
environment = {LIMIT = "9"}
ignore = [{rule = "resp-not-json", reason = "csv"}]
"""


def test_settings_of_functions_and_those_at_the_top_are_put_together(tmp_path: Path) -> None:
    found = of(tmp_path, TWO)
    orders = frozenset({"orders"})
    assert environment(found, {"HOME": "/h"}, orders) == {"SHARED": "/h", "LIMIT": "5"}
    assert headers(found, {}) == {
        "": (("Authorization", "all"), ("X-Trace", "1")),
        "orders": (("authorization", "orders"), ("X-Trace", "1")),
    }
    assert limits(found) == {"orders": 1.5}
    assert own_checks(found) == {"orders": ("has-total",)}
    assert [words for _, words in commands(found, "setup", orders)] == [("top",), ("one",), ("two",)]
    assert [words for _, words in commands(found, "teardown", orders)] == [("one",), ("top",)]
    assert [words for _, words in commands(found, "setup", frozenset({"reports"}))] == [("top",)]
    assert [(item.rule, item.function, item.place) for item in ignored_rules(found)] == [
        ("server-error", "", "KeyError*"),
        ("resp-not-json", "reports", ""),
    ]


def test_variables_that_contradict_each_other_are_refused_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        environment(of(tmp_path, TWO), {"HOME": "/h"})
    said = str(error.value)
    assert "LIMIT has one value for orders" in said
    assert "fnfuzz.toml:11" in said
    assert "fnfuzz.toml:17" in said
    assert "one process serves all" in said


def test_a_variable_that_is_not_set_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"fnfuzz\.toml:2: environment\.SHARED: the variable HOME is not set"):
        environment(of(tmp_path, TWO), {}, frozenset())


def test_a_filled_header_is_looked_at_again(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no line breaks"):
        headers(of(tmp_path, "headers = {A = '${X}'}"), {"X": "a\r\nB: c"})


def test_functions_rules_and_checks_that_are_not_there_are_refused(tmp_path: Path) -> None:
    found = of(tmp_path, TWO)
    with pytest.raises(ConfigError, match=r"functions\.orders: the app has no such function; did you mean order\?"):
        check_functions(found, ("order", "reports"))
    with pytest.raises(ConfigError, match=r"there is no rule 'server-error'; did you mean server-errors\?"):
        check_rules(found, ("server-errors", "resp-not-json"))
    with pytest.raises(ConfigError, match="no extension has checks"):
        check_own_checks(found, ())
    check_functions(found, ("orders", "reports"))
    check_rules(found, tuple(RULES))
    check_own_checks(found, ("has-total",))


# -- variables


def test_variables_give_what_the_file_would() -> None:
    environ = {
        "FNFUZZ_MAX_TIME": "2m",
        "FNFUZZ_JOBS": "3",
        "FNFUZZ_ONLY": "a 'b c'",
        "FNFUZZ_STRICT": "yes",
        "FNFUZZ_REPLAY_SPEED": "10",
        "FNFUZZ_SEED": "",
    }
    found = from_variables(environ)
    assert {key: setting.value for key, setting in found.items()} == {
        "max_time": "2m",
        "jobs": 3,
        "only": ("a", "b c"),
        "strict": True,
        "replay.speed": 10.0,
    }


def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match="the variable FNFUZZ_JOBS: expected a whole number from 1 to 256, not 'x'"):
        from_variables({"FNFUZZ_JOBS": "x"})


# -- what is made from the table


def test_the_schema_has_every_key_with_its_help_and_nothing_else() -> None:
    made = schema()
    tables = {key.table for key in KEYS} - {""}
    assert set(made["properties"]) == {key.id for key in KEYS if not key.table} | tables | {"functions", "$schema"}
    assert made["additionalProperties"] is False
    for key in KEYS:
        properties = made["properties"][key.table]["properties"] if key.table else made["properties"]
        assert properties[key.name]["description"].startswith(key.help)
    section = made["properties"]["functions"]["additionalProperties"]
    assert set(section["properties"]) == {key.name for key in FUNCTION_KEYS}
    json.dumps(made)


@pytest.mark.parametrize("text", [text for text, _ in WRONG])
def test_the_schema_refuses_what_the_reading_refuses(text: str | bytes) -> None:
    try:
        table = tomllib.loads(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError):
        return
    only_reading = (
        "nan",
        "azure-htp",
        "[['']]",
        "Content-Length",
        "X-Fc-",
        "{A = '1', a = '2'}",
        "dots",
        "\\u0000",
        "# x",
        "a.a.",
    )
    assert any(part in str(text) for part in only_reading) or not Draft7Validator(schema()).is_valid(table)


def test_the_schema_takes_what_the_reading_takes(tmp_path: Path) -> None:
    Draft7Validator.check_schema(schema())
    for text in (TWO, initial({"app": "shop"}), "max_time = 3.5\nsetup = [['a', 'b'], ['c']]\ncolor = false\n"):
        of(tmp_path, text)
        assert [error.message for error in Draft7Validator(schema()).iter_errors(tomllib.loads(text))] == []


def test_names_that_are_written_twice_agree() -> None:
    assert CONTRACTS == CONTRACT_IDS
    assert set(OF_START) == {AZURE_PORT, AZURE_LEGACY_PORT, *FC_PORTS, MARKER, INSTANCE}
    variables = [key.variable for key in KEYS if key.variable]
    assert len(variables) == len(set(variables))
    assert not set(variables) & set(OF_START)


def test_the_first_file_is_right_with_and_without_its_comments(tmp_path: Path) -> None:
    text = initial({"app": "shop", "command": ["python", 'a"b.py']}, "my.orders")
    found = of(tmp_path, text)
    assert (found.value("app"), found.value("command")) == (str(tmp_path / "shop"), ("python", 'a"b.py'))
    bare = "\n".join(
        line.removeprefix("# ") if " = " in line.split("`")[0] or line.startswith("# [") else line
        for line in text.splitlines()
    )
    whole = of(tmp_path, bare)
    assert set(whole.settings) > {"max_time", "ignore", "setup", "environment"}
    assert set(whole.functions) == {"my.orders"}
    check_rules(whole, tuple(RULES))


def test_the_tables_of_the_page_are_current() -> None:
    """Write them anew with ``fnfuzz config reference``, between the marks."""
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page.partition("<!-- keys -->\n")[2].partition("<!-- /keys -->")[0] == markdown()
