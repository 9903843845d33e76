"""Values that nobody changes, of which a dozen are made for every event that is sent.

A frozen dataclass sets each field by a call, which takes ten times as long as to make a msgspec struct.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as quick_dataclass
else:
    from dataclasses import field, make_dataclass

    from msgspec import NODEFAULT, Struct

    STRUCT = type(Struct)

    def quick_dataclass(*, frozen: bool, kw_only: bool = False):
        """A struct that is to everybody a frozen dataclass: equal and hashed by its fields, with ``fields``,
        ``replace`` and ``asdict`` of dataclasses. Defaults are plain values.
        """
        assert frozen

        def made(cls):
            if not isinstance(cls, STRUCT):
                body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
                cls = STRUCT(cls.__name__, (Struct,), body, frozen=True, kw_only=kw_only)
            cls.__dataclass_fields__ = _fields(cls)
            return cls

        return made

    def _fields(struct):
        names, defaults = struct.__struct_fields__, struct.__struct_defaults__
        types = {
            name: kind
            for base in reversed(struct.__mro__)
            for name, kind in getattr(base, "__annotations__", {}).items()
        }
        padded = (NODEFAULT,) * (len(names) - len(defaults)) + defaults
        described = [
            (name, types[name]) if default is NODEFAULT else (name, types[name], field(default=default))
            for name, default in zip(names, padded, strict=True)
        ]
        return make_dataclass(struct.__name__, described, kw_only=True).__dataclass_fields__


__all__ = ["quick_dataclass"]
