"""``${NAME}`` in values of the file: the user's own variables, so that no secret need be in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fnfuzz.config.values import Wrong

__all__ = ["filled"]

_REFERENCE = re.compile(r"\$(?:\$(?=\{)|\{([^}]*)(\}?))")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")


def filled(text: str, environ: Mapping[str, str]) -> str:
    """``text`` with each ``${NAME}`` as ``environ`` has it, ``${NAME:-text}`` with its text where that has none or an
    empty one; ``$${`` is ``${`` itself. Raises Wrong for a variable that is not set.
    """

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return "$"
        name, default, otherwise = match[1].partition(":-")
        if not match[2] or _NAME.fullmatch(name) is None:
            raise Wrong("${ begins the name of a variable, as in ${HOME}; write $${ for the two signs themselves")
        if default:
            return environ.get(name) or otherwise
        if name not in environ:
            raise Wrong(f"the variable {name} is not set; set it, or write ${{{name}:-text}}")
        return environ[name]

    return _REFERENCE.sub(value, text)
