"""Rules are data and keys are files: what is wrong with them is told clearly."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fnfuzz.corpus.redaction import DEFAULT_RULES, KeyProblem, RedactionRules, RulesError, load_key
from fnfuzz.corpus.redaction.defaults import HARMLESS, NAME_RULES
from fnfuzz.corpus.redaction.names import NamePatterns, spoken


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([], "redaction rules are an object, not list"),
        ({"of": []}, "of: redaction rules have no such key; they have off, keys, keep, patterns"),
        ({"off": "phone"}, "off: expected a list of texts, not str"),
        ({"off": [7]}, "off[0]: expected a text, not int"),
        ({"off": ["phon"]}, "off[0]: no rule 'phon' can be switched off; did you mean phone?"),
        ({"off": ["size"]}, "off[0]: no rule 'size' can be switched off"),
        ({"keys": ["a"]}, "keys: expected an object, not list"),
        ({"keys": {"a": "number"}}, "keys.a: no kind of stand-in 'number'; there are secret, digits"),
        ({"keys": {"12": "digits"}}, "keys: '12' is no name; it needs letters"),
        ({"keep": [""]}, "keep[0]: '' is no name"),
        ({"patterns": {"a": "b"}}, "patterns.a: expected an object with the texts regex and kind"),
        ({"patterns": {"a": {"regex": "(", "kind": "digits"}}}, "patterns.a.regex: not a regular expression: "),
        ({"patterns": {"a": {"regex": "x*", "kind": "digits"}}}, "patterns.a.regex: it matches the empty text"),
        ({"patterns": {"a": {"regex": "x", "kind": 7}}}, "patterns.a.kind: no kind of stand-in 7"),
    ],
)
def test_wrong_rules_are_told_with_their_key(data: object, message: str) -> None:
    with pytest.raises(RulesError) as caught:
        RedactionRules.from_data(data)
    assert str(caught.value).startswith(message)


def test_rules_survive_plain_data() -> None:
    data = {
        "off": ["phone"],
        "keys": {"a": "digits"},
        "keep": ["b"],
        "patterns": {"c": {"regex": "x+", "kind": "secret"}},
    }
    assert RedactionRules.from_data(data).to_data() == data
    assert RedactionRules.from_data({}) == DEFAULT_RULES


def test_every_default_rule_has_its_own_id_and_no_name_stands_in_two() -> None:
    assert len({rule.id for rule in NAME_RULES}) == len(NAME_RULES)
    names = [spoken(name) for rule in NAME_RULES for name in rule.names] + [spoken(name) for name in HARMLESS]
    assert [name for name in names if not name] == []
    by_rule = [{spoken(name) for name in rule.names} for rule in NAME_RULES]
    assert sum(map(len, by_rule)) == len(set().union(*by_rule))


@pytest.mark.parametrize(
    "name",
    [
        "firstName",
        "first_name",
        "First-Name",
        "FIRSTNAME",
        "first name",
        "customer.first_name",
        "firstName2",
        "FIRST_NAMES",
    ],
)
def test_a_name_is_known_in_every_spelling(name: str) -> None:
    assert NamePatterns.of(DEFAULT_RULES.names()).find(name) == "name:words"


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "hotel",
        "shipping",
        "urlName",
        "tokenType",
        "ipAddress",
        "publicKey",
        "filename",
        "Connection",
        "status",
        "",
    ],
)
def test_a_name_that_says_nothing_has_no_rule(name: str) -> None:
    assert not NamePatterns.of(DEFAULT_RULES.names()).find(name)


def test_a_key_comes_from_a_variable_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("  a key of enough length \n")
    assert load_key(file, {"FNFUZZ_REDACTION_KEY": "something else, longer"}) == b"a key of enough length"
    assert load_key(None, {"FNFUZZ_REDACTION_KEY": "something else, longer"}) == b"something else, longer"
    assert load_key(None, {"FNFUZZ_REDACTION_KEY_FILE": str(file)}) == b"a key of enough length"
    assert load_key(None, {"FNFUZZ_REDACTION_KEY": "ab" * 16}) == b"\xab" * 16


@pytest.mark.parametrize(("variable", "folder"), [("HOME", ".config/fnfuzz"), ("XDG_CONFIG_HOME", "fnfuzz")])
def test_the_users_own_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, variable: str, folder: str) -> None:
    file, environ = tmp_path / folder / "redaction.key", {variable: str(tmp_path)}
    key = load_key(None, environ)
    assert len(key) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_key(None, environ) == key == load_key(file, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"short", "the key has 5 bytes; it needs at least 16"),
        (b"x" * 5000, "over 4096 bytes"),
        (None, "there is no such key file"),
    ],
)
def test_a_key_that_cannot_be_used_is_told(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(KeyProblem) as caught:
        load_key(file, {})
    assert message in str(caught.value)
    assert "short" not in str(caught.value)


def test_a_key_never_lies_in_the_corpus(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="inside the corpus"):
        load_key(None, {"HOME": str(tmp_path / "corpus")}, corpus=tmp_path / "corpus")
    assert not (tmp_path / "corpus").exists()


def test_without_a_key_the_next_step_is_told() -> None:
    with pytest.raises(KeyProblem, match="no home folder for a key; set FNFUZZ_REDACTION_KEY"):
        load_key(None, {})


def test_a_key_that_is_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="cannot be read"):
        load_key(tmp_path, {})
