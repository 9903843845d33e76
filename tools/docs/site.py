"""What MkDocs does beside building: pages beside docs/ are in the site too, links out of it lead to the code host.

MkDocs loads this file by its path, so it imports nothing of this project.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

__all__ = ["on_files", "on_page_markdown"]

ROOT = Path(__file__).resolve().parents[2]
BESIDE = {"CONTRIBUTING.md": "contributing.md", "examples/README.md": "examples.md"}
"""Pages of the project by their names in the site."""

SAME = {**BESIDE, "README.md": "index.md", "examples": "examples.md"}
LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
SCHEME = re.compile(r"^[a-z]+:")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages beside docs/."""
    for source, name in BESIDE.items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Have links between pages lead where they do on a code host."""
    name = page.file.src_uri
    beside = {site: source for source, site in BESIDE.items()}
    place = posixpath.dirname(beside.get(name, f"docs/{name}"))

    def changed(match: re.Match[str]) -> str:
        target = match["target"]
        if SCHEME.match(target):
            return match[0]
        path = posixpath.normpath(posixpath.join(place, target))
        return _link(match, path, posixpath.dirname(name), str(config.repo_url or ""))

    return LINK.sub(changed, markdown)


def _link(match: re.Match[str], path: str, folder: str, host: str) -> str:
    inside = SAME.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
    if inside and (ROOT / "docs" / inside).is_dir():
        inside = f"{inside}/index.md" if (ROOT / "docs" / inside / "index.md").exists() else ""
    if inside:
        return f"[{match['text']}]({posixpath.relpath(inside, folder or '.')}{match['anchor'] or ''})"
    if host:
        return f"[{match['text']}]({host.rstrip('/')}/blob/HEAD/{path}{match['anchor'] or ''})"
    return match["text"] if match["text"].startswith("`") else f"`{path}`" if match["text"] == path else match["text"]
