"""Hostile text made harmless: names and answers come from strangers, and terminals obey what they read."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["clean", "utf8", "visible"]

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SURROGATE = re.compile("[\ud800-\udfff]")


def visible(text: str, *, keep: str = "") -> str:
    r"""Return `text` with everything that is not a printable character spelled as an escape.

    That covers control characters (so no ANSI or OSC sequence survives), bidirectional overrides, zero-width
    characters, line separators, unusual spaces, and bytes of names that are not UTF-8 (as "\xNN").

    Args:
        text: Anything.
        keep: Characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escape(c) for c in text)


def utf8(text: str) -> str:
    r"""Return `text` with lone surrogates, which UTF-8 cannot spell, as escapes; odd bytes are "\xNN"."""
    return _SURROGATE.sub(lambda found: _escape(found[0]), text)


def clean(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value without lone surrogates, which many JSON readers refuse."""
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, dict):
        return {key: clean(v) for key, v in value.items()}
    return [clean(v) for v in value] if isinstance(value, list) else value


def _escape(character: str) -> str:
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if 0xDC80 <= code <= 0xDCFF:  # noqa: PLR2004 - where surrogateescape keeps the bytes 0x80 to 0xff
        return f"\\x{code - 0xDC00:02x}"
    if code > 0xFFFF:  # noqa: PLR2004 - the end of the basic plane
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - the end of Latin-1
