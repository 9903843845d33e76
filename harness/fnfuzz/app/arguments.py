"""How the Azure host makes the handler's argument vector (azure-functions.md 1 and 2).

The arguments are one string: each one expanded, with a blank before it and without quotes. .NET then splits that
string at blanks outside of double quotes. What is left of ``%...%`` pairs after the expansion is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from fnfuzz.app.model import Problem

__all__ = [
    "START_VARIABLES",
    "argument_problems",
    "expand",
    "fill_start_variables",
    "split_arguments",
    "start_arguments",
]

START_VARIABLES = (
    "FUNCTIONS_CUSTOMHANDLER_PORT",
    "FUNCTIONS_HTTPWORKER_PORT",
    "FUNCTIONS_CUSTOMHANDLER_WORKER_ID",
    "FUNCTIONS_HTTPWORKER_ID",
)
"""Known only when the process is started; ``%NAME%`` of these stays in ``App.command`` until then."""

_PAIR = re.compile(r"%([^%]*)%")
_UNKNOWN = re.compile(rf"%(?!(?:{'|'.join(START_VARIABLES)})%).*?%")
_BACKSLASHES = re.compile(r"\\*")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Each ``%NAME%`` of ``variables`` replaced, as Environment.ExpandEnvironmentVariables does; unknown ones stay."""
    parts: list[str] = []
    at = 0
    while match := _PAIR.search(text, at):
        value = variables.get(match[1])
        end = match.end() if value is not None else match.end() - 1
        parts.append(text[at : match.start()] + value if value is not None else text[at:end])
        at = end
    return "".join(parts) + text[at:]


def fill_start_variables(command: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """``App.command`` with the port and the ids of this start in place of ``%FUNCTIONS_...%``."""
    known = {name: variables[name] for name in START_VARIABLES if name in variables}
    return tuple(expand(word, known) for word in command)


def start_arguments(arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """What the process receives behind the executable for the ``arguments`` of host.json."""
    expanded = (_UNKNOWN.sub("", expand(argument, variables)) for argument in arguments)
    return split_arguments("".join(f" {argument}" for argument in expanded))


def split_arguments(line: str) -> tuple[str, ...]:
    """.NET's split of an argument string: blanks and tabs separate, double quotes keep together, ``\\"`` is a quote."""
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
        else:
            word, at = _word(line, at)
            words.append(word)
    return tuple(words)


def argument_problems(arguments: Sequence[str], variables: Mapping[str, str], place: str) -> tuple[Problem, ...]:
    """cfg-arg-split and cfg-percent-lost, one each for every argument that is hit."""
    problems = []
    for number, argument in enumerate(arguments, 1):
        expanded = expand(argument, variables)
        if any(blank in argument.strip(" \t") for blank in " \t") and '"' not in argument:
            pieces = len(split_arguments(expanded))
            advice = 'put "..." around it or list its parts'
            message = f"argument {number}, {argument!r}, reaches the handler as {pieces} arguments; {advice}"
            problems.append(Problem(rule="cfg-arg-split", message=message, place=place))
        if lost := _UNKNOWN.search(expanded):
            advice = "so the host deletes it; define it or take the % away"
            message = f"argument {number}, {argument!r}: no setting has the name in {lost[0]!r}, {advice}"
            problems.append(Problem(rule="cfg-percent-lost", message=message, place=place))
    return tuple(problems)


def _word(line: str, at: int) -> tuple[str, int]:
    word: list[str] = []
    quoted = False
    while at < len(line):
        slashes = _BACKSLASHES.match(line, at)
        count = len(slashes[0]) if slashes else 0
        at += count
        letter = line[at : at + 1]
        if letter != '"':
            word.append("\\" * count)
            if not letter or (letter in " \t" and not quoted):
                break
            word.append(letter)
        else:
            word.append("\\" * (count // 2))
            doubled = quoted and count % 2 == 0 and line[at + 1 : at + 2] == '"'
            if count % 2 or doubled:
                word.append('"')
                at += doubled
            else:
                quoted = not quoted
        at += 1
    return "".join(word), at
