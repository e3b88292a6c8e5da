"""Tensors as Triton's gRPC protocol carries them: raw bytes, little-endian, strings with their length."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from bot.engines.remote.transport import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["pack", "unpack"]

_FORMATS = {
    "BOOL": "?",
    "INT8": "b",
    "UINT8": "B",
    "INT16": "h",
    "UINT16": "H",
    "INT32": "i",
    "UINT32": "I",
    "INT64": "q",
    "UINT64": "Q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}


def pack(datatype: str, values: Sequence[str | float | bool]) -> bytes:
    """Return the bytes of `values`; text goes as UTF-8.

    Raises:
        Trouble: There is no such type, or a value does not fit it.
    """
    if datatype == "BYTES":
        encoded = [str(value).encode("utf-8", "replace") for value in values]
        return b"".join(struct.pack("<I", len(each)) + each for each in encoded)
    try:
        return struct.pack(f"<{len(values)}{_FORMATS[datatype]}", *values)
    except (KeyError, struct.error) as error:
        raise Trouble("refused", f"{list(values)} cannot be sent as {datatype}: {error}") from error


def unpack(datatype: str, raw: bytes) -> list[Any]:
    """Return the values in `raw`, in order; text that is no UTF-8 gets replacement characters.

    Raises:
        Trouble: `raw` is not of that type.
    """
    try:
        if datatype != "BYTES":
            form = _FORMATS[datatype]
            return list(struct.unpack(f"<{len(raw) // struct.calcsize(form)}{form}", raw))
        found, at = [], 0
        while at < len(raw):
            (size,) = struct.unpack_from("<I", raw, at)
            found.append(raw[at + 4 : at + 4 + size].decode("utf-8", "replace"))
            at += 4 + size
    except (KeyError, struct.error) as error:
        raise Trouble("broken", f"{len(raw)} bytes are no {datatype}: {error}") from error
    return found
