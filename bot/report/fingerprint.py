"""The fingerprint that GitHub's code scanning matches alerts by, computed as its upload action does.

An upload through the action that finds other values warns once a result; an upload past it, through the
interface, has none at all, and then every push repeats every alert. So it is computed here, to the letter:
https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

from __future__ import annotations

__all__ = ["line_hashes"]

_WINDOW, _BASE, _END = 100, 37, "\uffff"
_MASK = (1 << 64) - 1


def line_hashes(raw: bytes, lines: set[int]) -> dict[int, str]:
    r"""Return the fingerprints of some lines of a file, such as "2d7ec8f1a3b4c5d6:1".

    A line's hash is a polynomial over the 100 UTF-16 units from its start on, across line ends, spaces and
    tabs left out and padded with zeros; the number tells apart lines of one hash.

    Args:
        raw: The file's bytes; they are read as UTF-8 whatever its encoding, as the action does.
        lines: 1-based; "\r", "\n" and "\r\n" each end one.
    """
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    units = text.replace(" ", "").replace("\t", "").encode("utf-16-le", "surrogatepass") + _END.encode(
        "utf-16-le"
    )
    seen: dict[bytes, int] = {}
    found: dict[int, str] = {}
    start, number = 0, 0
    while start < len(units):
        number += 1
        window = units[start : start + 2 * _WINDOW]
        seen[window] = seen.get(window, 0) + 1
        if number in lines:
            found[number] = f"{_hash(window):x}:{seen[window]}"
        start = _next_line(units, start)
    return found


def _next_line(units: bytes, start: int) -> int:
    """Return the offset behind the next line feed; a match across two units is none."""
    at = units.find(b"\n\0", start)
    while at >= 0 and (at - start) % 2:
        at = units.find(b"\n\0", at + 1)
    return at + 2 if at >= 0 else len(units)


def _hash(window: bytes) -> int:
    value = 0
    for at in range(0, 2 * _WINDOW, 2):
        value = (value * _BASE + int.from_bytes(window[at : at + 2], "little")) & _MASK
    return value
