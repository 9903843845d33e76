"""Values that nobody changes: frozen for the type checker, and as quick to make as any other dataclass.

A dataclass that is frozen at run time sets each field by a call, which costs four times as much; of the values that
decorated so are made, there are a dozen for every event that is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as quick_dataclass
else:
    from dataclasses import dataclass

    def quick_dataclass(*, frozen: bool, **options: bool):
        """A dataclass that is equal and hashed by its fields; what is not ``frozen`` has no use for this."""
        assert frozen
        return dataclass(unsafe_hash=True, **options)


__all__ = ["quick_dataclass"]
