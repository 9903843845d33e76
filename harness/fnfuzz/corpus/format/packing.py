"""Rows as msgpack bytes, and the id of a record, which is a hash of them.

Two extension types: 1 stands for bytes that are kept beside the records (20 bytes of hash, 8 of length), 2 is a long
list whose items follow one another, so that reading it never trusts a length.

What is usual is packed by msgspec; rows with half a surrogate pair, or with a text that is no plain one, by msgpack, to
the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from typing import Any, Final

import msgpack
import msgspec

from fnfuzz.corpus.format.rows import LONG, Row, RowError, exchange_row
from fnfuzz.corpus.model import Record

__all__ = ["ID_BYTES", "BodyRef", "Packing", "body_ref", "exchange_id", "record_id", "unpacked"]

ID_BYTES: Final = 16
_HASH_BYTES: Final = 20
_BODY, _LIST = 1, 2
_REFERENCE: Final = struct.Struct(f"<{_HASH_BYTES}sQ")


@dataclass(frozen=True, slots=True)
class BodyRef:
    """Bytes that are kept beside the records: the hash of them, and how many they are."""

    digest: bytes
    length: int


def body_ref(data: bytes) -> BodyRef:
    """What stands for ``data``."""
    return BodyRef(blake2b(data, digest_size=_HASH_BYTES).digest(), len(data))


class Packing:
    """Packs rows; ``keep`` is told of all bytes that are kept beside the records."""

    def __init__(self, keep: Callable[[BodyRef, bytes], None]) -> None:
        self._keep = keep

    def pack(self, row: Row) -> bytes:
        """The row as bytes. Raises RowError for what msgpack cannot hold, such as a number of more than 64 bits."""
        try:
            try:
                return _pack(row)
            except (UnicodeEncodeError, TypeError):
                return _packed_any(row)
        except (OverflowError, TypeError, ValueError) as error:
            raise RowError(f"cannot be written: {error}") from error

    def keep(self, value: Any) -> Any:
        """``value``, or what stands for it when it is long."""
        if type(value) is tuple:
            if value and type(value[0]) is bytes:
                value = tuple(self.keep(item) for item in value)
            if len(value) > LONG:
                return _listed(value)
            return value
        if len(value) <= LONG:
            return value
        reference = body_ref(value)
        self._keep(reference, value)
        return _referring(reference)

    def repack(self, row: Row) -> bytes:
        """A row that was unpacked, as bytes again."""
        return self.pack(_shortened(row))


_pack: Final = msgspec.msgpack.Encoder().encode


def _packed_any(value: Any) -> bytes:
    packed: bytes = msgpack.packb(value, default=_as_extension, unicode_errors="surrogatepass")
    return packed


def _as_extension(value: Any) -> msgpack.ExtType:
    if type(value) is not msgspec.msgpack.Ext:
        raise TypeError(f"no record holds {type(value).__name__}")
    return msgpack.ExtType(value.code, bytes(value.data))


def _referring(reference: BodyRef) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(_BODY, _REFERENCE.pack(reference.digest, reference.length))


def _listed(items: tuple[Any, ...]) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(_LIST, b"".join(map(_packed_any, items)))


def _shortened(value: Any) -> Any:
    if type(value) is BodyRef:
        return _referring(value)
    if type(value) is not tuple:
        return value
    items = tuple(map(_shortened, value))
    return _listed(items) if len(items) > LONG else items


def unpacked(data: bytes) -> Any:
    """The one row in ``data``: tuples, texts, bytes, numbers, BodyRef. Raises RowError for anything else."""
    try:
        return _unpack(data)
    except RowError:
        raise
    except (ValueError, RecursionError, msgpack.exceptions.UnpackException, UnicodeDecodeError) as error:
        raise RowError(f"is no row: {error!s:.120}" if str(error) else f"is no row: {type(error).__name__}") from error


_LIMITS: Final[dict[str, Any]] = {
    # Room for an array is made before its items are seen, so a claimed length must be small.
    "max_array_len": LONG,
    "max_map_len": 0,
    "use_list": False,
    "raw": False,
    "unicode_errors": "surrogatepass",
}


def _extension(code: int, data: bytes) -> Any:
    if code == _BODY and len(data) == _REFERENCE.size:
        return BodyRef(*_REFERENCE.unpack(data))
    if code == _LIST:
        return _items(data)
    raise RowError(f"extension type {code} of {len(data)} bytes is unknown")


_unpack: Final = partial(msgpack.unpackb, ext_hook=_extension, **_LIMITS)


def _items(data: bytes) -> tuple[Any, ...]:
    unpacker = msgpack.Unpacker(
        ext_hook=_reference_only, max_buffer_size=max(len(data), 1), **_LIMITS | {"max_array_len": 2}
    )
    unpacker.feed(data)
    items = tuple(unpacker)
    if unpacker.tell() != len(data):
        raise RowError("a list ends within an item")
    return items


def _reference_only(code: int, data: bytes) -> Any:
    if code == _LIST:
        raise RowError("a list within a list")
    return _extension(code, data)


def exchange_id(exchange: bytes) -> bytes:
    """The id of a record whose packed exchange row this is."""
    return blake2b(exchange, digest_size=ID_BYTES).digest()


def record_id(record: Record) -> str:
    """The id: 32 hex digits that follow from contract, function, request (or event), reply, fault and exit.

    Times, the delivery and the place in a recording do not count: one exchange has one id wherever it is kept.
    Raises RowError for a record that cannot be kept.
    """
    packing = Packing(_forget)
    return exchange_id(packing.pack(exchange_row(record, packing.keep))).hex()


def _forget(reference: BodyRef, data: bytes) -> None:
    pass
