"""`--format patch`: what `git apply` and `patch -p1` take, in each file's own bytes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bot.chunk.edit import apply_all, same_ends
from bot.chunk.encoding import blob_id, encode
from bot.report.diff import hunks, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.data import Suggestion
    from bot.ledger import Review
    from bot.report.diff import Hunk

__all__ = ["quote", "render"]

_SPELLED = {7: b"a", 8: b"b", 9: b"t", 10: b"n", 11: b"v", 12: b"f", 13: b"r", 34: b'"', 92: b"\\"}
_ABSENT = "0" * 40


def render(review: Review) -> bytes:
    """Return one patch with every suggestion of `review`, files in order of their paths.

    A suggestion that the encoding of its file cannot spell is left out, and a line in front of the file's
    patch says so; both tools pass over such lines.
    """
    suggestions = sorted((v.suggestion for v in review.verified), key=lambda s: (s.path, s.start_line))
    return b"".join(
        piece for _, found in groupby(suggestions, key=lambda s: s.path) for piece in _file(list(found))
    )


def quote(name: bytes) -> bytes:
    """Return a file name as git writes it: in quotes with C escapes where it holds anything unusual."""
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in name):  # noqa: PLR2004 - printable ASCII
        return name
    return b'"' + b"".join(_byte(byte) for byte in name) + b'"'


def _byte(byte: int) -> bytes:
    if byte in _SPELLED:
        return b"\\" + _SPELLED[byte]
    return bytes([byte]) if 0x20 <= byte < 0x7F else b"\\%03o" % byte  # noqa: PLR2004 - printable ASCII


def _file(suggestions: list[Suggestion]) -> Iterator[bytes]:
    change = suggestions[0].chunk.change
    name = change.path.encode("utf-8", "surrogateescape")
    fitting = [s for s in suggestions if _spells(s)]
    if len(fitting) < len(suggestions):
        count = len(suggestions) - len(fitting)
        yield b"# codebot: %d left out of %s: not in %s\n" % (count, quote(name), change.encoding.encode())
    if not fitting:
        return
    fresh = fitting[0].new_file
    old = b"" if fresh else change.raw
    text = "".join(s.replacement for s in fitting).encode()
    new = encode(text if fresh else apply_all(change.source, [_edit(s) for s in fitting]), change.encoding)
    if new == old:
        return
    mode = "" if fresh else " 100755" if change.mode & 0o111 else " 100644"
    ours, theirs = quote(b"a/" + name), quote(b"b/" + name)
    yield b"diff --git %s %s\n" % (ours, theirs)
    if fresh:
        yield b"new file mode 100644\n"
    yield f"index {_ABSENT if fresh else blob_id(old)}..{blob_id(new)}{mode}\n".encode()
    yield b"--- %s\n" % (b"/dev/null" if fresh else _plain(ours))
    yield b"+++ %s\n" % _plain(theirs)
    old_lines, new_lines = split_lines(old, b"\n"), split_lines(new, b"\n")
    for hunk in hunks(old_lines, _windows(old_lines, new_lines, fitting)):
        yield from _hunk(hunk)


def _spells(suggestion: Suggestion) -> bool:
    try:
        encode(suggestion.replacement.encode(), suggestion.chunk.change.encoding)
    except UnicodeError:
        return False
    return True


def _edit(suggestion: Suggestion) -> tuple[int, int, str]:
    return suggestion.start_line, suggestion.end_line, suggestion.replacement


def _plain(quoted: bytes) -> bytes:
    """Return a name for the `---` lines; a tab ends one with spaces, else `patch` stops at the space."""
    return quoted + b"\t" if b" " in quoted and not quoted.startswith(b'"') else quoted


def _windows(
    old: list[bytes], new: list[bytes], suggestions: Sequence[Suggestion]
) -> list[tuple[int, int, list[bytes]]]:
    """Return which lines of `old` become which of `new`.

    The suggestions know, as long as lines in the file's bytes are lines in its text. In UTF-16, or where
    only carriage returns end lines, they are not: then everything between the first and the last line that
    differ is one window.
    """
    windows: list[tuple[int, int, list[bytes]]] = []
    rebuilt: list[bytes] = []
    at = 0
    for s in suggestions if old else ():
        start, end = s.start_line - 1, s.end_line
        first = len(rebuilt) + start - at
        text = new[first : first + s.replacement.count("\n") + (not s.replacement.endswith("\n"))]
        windows.append((start, end, text))
        rebuilt += old[at:start] + text
        at = end
    if old and rebuilt + old[at:] == new:
        return windows
    head, tail = same_ends(old, new)
    return [(head, len(old) - tail, new[head : len(new) - tail])]


def _hunk(hunk: Hunk[bytes]) -> Iterator[bytes]:
    yield b"@@ -%s +%s @@\n" % (_range(hunk.old, hunk.count(" -")), _range(hunk.new, hunk.count(" +")))
    for mark, line in hunk.lines:
        yield mark.encode() + line
        if not line.endswith(b"\n"):
            yield b"\n\\ No newline at end of file\n"


def _range(before: int, count: int) -> bytes:
    """Return "start,count"; a range of no lines starts at the line before it."""
    start = before + 1 if count else before
    return b"%d" % start if count == 1 else b"%d,%d" % (start, count)
