"""``python -m tools.docs``: bring the pages up to date."""

from __future__ import annotations

from pathlib import Path

import click

from tools.docs.comparing import same
from tools.docs.pages import ROOT, page_name, pages, steps
from tools.docs.reference import GENERATED
from tools.docs.refreshing import refreshed
from tools.docs.walking import walk


@click.command()
@click.argument("names", nargs=-1, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 when something would change.")
def main(names: tuple[Path, ...], check: bool) -> None:
    """Write the generated pages anew, then run the commands of all pages and write what they print now.

    NAMES are pages to do instead. Output that only varies as it may is left as it is.
    """
    stale = 0
    for page, made in ((ROOT / name, made) for name, made in GENERATED.items()):
        if not names or page in [name.resolve() for name in names]:
            stale += _keep(page, made(), check)
    chosen = [name.resolve() for name in names] or pages()
    for page in chosen:
        if any(getattr(step, "language", "") == "console" for step in steps(page)):
            stale += _bring_up(page, check)
    raise SystemExit(1 if check and stale else 0)


def _keep(path: Path, text: str, check: bool) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    click.echo(f"{page_name(path)}: {'is stale' if check else 'written'}")
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return True


def _bring_up(page: Path, check: bool) -> bool:
    lines = page.read_text(encoding="utf-8").split("\n")
    changes: list[tuple[int, int, list[str]]] = []
    for outcome in walk(page):
        command = outcome.command
        if outcome.printed is None:
            click.echo(f"{page_name(page)}:{command.first}: not run, {outcome.needs} is not on PATH")
        elif not same(command.shown, outcome.printed):
            try:
                changes.append((command.first, command.last, refreshed(command.shown, outcome.printed)))
            except LookupError as error:
                click.echo(f"{page_name(page)}:{command.first}: look at {command.text!r}: {error}\n{outcome.printed}")
    for first, last, new in reversed(changes):
        lines[first:last] = new
    return _keep(page, "\n".join(lines), check)


if __name__ == "__main__":
    main()
