"""Landlock's rights, by the version of its interface, as a ruleset and its rules."""

from __future__ import annotations

import os
import struct

__all__ = ["SIGNALS_SINCE", "attributes", "rule"]

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_DEVICES = 1 << 6 | 1 << 11
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1  # what the first version knew
_SINCE = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL}
_OF_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
_TCP_SINCE, SIGNALS_SINCE = 4, 6
_TCP = 1 << 0 | 1 << 1  # bind, connect
_SCOPES = 1 << 0 | 1 << 1  # abstract sockets, signals

_KINDS = {
    "read": _EXECUTE | _READ | _LIST,
    "list": _LIST,
    "use": _READ | _WRITE | _TRUNCATE,
    "write": _FIRST & ~_MAKE_DEVICES | _REFER | _TRUNCATE,
}


def attributes(version: int) -> bytes:
    """Return what is refused unless a rule allows it: all that this version of Landlock can refuse."""
    values = [_handled(version)]
    if version >= _TCP_SINCE:
        values.append(_TCP)
    if version >= SIGNALS_SINCE:
        values.append(_SCOPES)
    return struct.pack(f"={len(values)}Q", *values)


def rule(kind: str, path: str, version: int) -> tuple[str, int]:
    """Return a path and the rights below it.

    Args:
        kind: "read" (and execute), "list" (names alone), "use" (a device) or "write" (everything but making
            devices).
        path: A file or folder that is there.
        version: Of the kernel's interface.
    """
    rights = _KINDS[kind] & _handled(version)
    return path, rights if os.path.isdir(path) else rights & _OF_FILES


def _handled(version: int) -> int:
    rights = _FIRST
    for since, more in _SINCE.items():
        if version >= since:
            rights |= more
    return rights
