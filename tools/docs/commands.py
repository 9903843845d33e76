"""The reference of all commands, from what the commands say of themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from fnfuzz.cli import fnfuzz

__all__ = ["commands_page"]

HEAD = """# Commands

<!-- Written by `python -m tools.docs` from the commands themselves. -->

What `fnfuzz COMMAND --help` tells, on one page. [Exit codes](exit-codes.md), [reports](reports.md), [files](files.md)
and the [configuration](../configuration.md) have pages of their own. Every command takes `-h` and `--help`.

"""
HELP = {"--help", "-h"}


def commands_page() -> str:
    """The page as Markdown."""
    context = click.Context(fnfuzz, info_name="fnfuzz")
    found = list(_below(fnfuzz, context))
    table = ["| command | |", "|---|---|"]
    table += [
        f"| [`{ctx.command_path}`](#{_anchor(ctx.command_path)}) | {_cell(command.get_short_help_str(300))} |"
        for command, ctx in found
    ]
    sections = [_section(command, ctx) for command, ctx in ((fnfuzz, context), *found)]
    return HEAD + "\n".join(table) + "\n\n" + "\n".join(sections).rstrip() + "\n"


def _below(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, parent=context, info_name=name)
        yield command, inner
        if isinstance(command, click.Group):
            yield from _below(command, inner)


def _section(command: click.Command, context: click.Context) -> str:
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    parts = [f"## {context.command_path}", f"```text\n{usage}\n```"]
    parts += _prose(command.help or "") + _prose(str(command.epilog or ""))
    rows = [_row(option, context) for option in command.get_params(context) if not HELP & set(option.opts)]
    if options := [row for row in rows if row]:
        parts.append("\n".join(("| option | |", "|---|---|", *options)))
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> list[str]:
    """Paragraphs; what stands indented is kept line by line."""
    return [_paragraph(part) for part in inspect.cleandoc(text).split("\n\n") if part.strip()]


def _paragraph(text: str) -> str:
    lines = text.replace("\b", "").strip("\n").split("\n")
    plain = [line for line in lines if not line.startswith("  ")]
    kept = [line[2:] for line in lines if line.startswith("  ")]
    told = _safe(" ".join(line.strip() for line in plain if line.strip()))
    block = "```text\n" + "\n".join(kept) + "\n```" if kept else ""
    return "\n\n".join(part for part in (told, block) if part)


def _row(option: click.Parameter, context: click.Context) -> str:
    record = option.get_help_record(context)
    if record is None:
        return ""
    names, text = record
    return f"| `{_bar(names)}` | {_cell(text)} |"


def _anchor(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower())


def _bar(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", r"\|")


def _cell(text: str) -> str:
    return _safe(_bar(text))


def _safe(text: str) -> str:
    """Words that Markdown or HTML would take for markup, outside of code, as they are."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(piece if piece.startswith("`") else re.sub(r"([*_<])", r"\\\1", piece) for piece in pieces)
