"""Bytes to text and back, losslessly: what cannot be turned back into the same bytes is not touched."""

from __future__ import annotations

import codecs
import hashlib
import re

from bot.data import Skipped

__all__ = ["blob_id", "decode", "encode", "newline_of"]

# Longest first: the UTF-32 mark starts with the UTF-16 one.
_MARKS = (
    ("utf-8-sig", codecs.BOM_UTF8, "utf-8"),
    ("utf-32-le-sig", codecs.BOM_UTF32_LE, "utf-32-le"),
    ("utf-32-be-sig", codecs.BOM_UTF32_BE, "utf-32-be"),
    ("utf-16-le-sig", codecs.BOM_UTF16_LE, "utf-16-le"),
    ("utf-16-be-sig", codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MARKED = {name: (mark, codec) for name, mark, codec in _MARKS}

# PEP 263; Ruby and Emacs spell their magic comments so that this finds them too.
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_COMMENT_OR_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_LINE_END = re.compile(rb"\r\n|\r|\n")

# Text to Python's registry, but not encodings that a file is stored in.
_NOT_FOR_FILES = frozenset(
    {"idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)

_LFS = re.compile(rb"version https://(?:git-lfs|hawser)\.github\.com/spec/")
_LFS_MAX = 1024  # bytes; the specification's own limit on a pointer


def decode(path: str, raw: bytes, *, attributes_encoding: str | None = None) -> tuple[bytes, str] | Skipped:
    """Return the file's text as UTF-8 without a byte-order mark, and the name that `encode` takes back.

    A byte-order mark decides, then git's `working-tree-encoding`, then a PEP 263 cookie in the first two
    lines, then UTF-8; always strictly. Line endings stay as they are.

    Args:
        path: Only to name the file in what is returned.
        raw: The file's own bytes.
        attributes_encoding: The encoding that .gitattributes declares, if any.

    Returns:
        The text and the encoding, or `Skipped` as "empty", "lfs-pointer", "binary" or "undecodable".
    """
    if len(raw) < _LFS_MAX and _LFS.match(raw):
        return Skipped(path, "lfs-pointer")
    encoding = _encoding_of(path, raw, attributes_encoding)
    if isinstance(encoding, Skipped):
        return encoding
    mark, codec = _MARKED.get(encoding, (b"", encoding))
    try:
        source = raw[len(mark) :].decode(codec).encode("utf-8")
        faithful = encode(source, encoding) == raw
    except UnicodeError as error:
        return Skipped(path, "undecodable", _first_line(error))
    if not faithful:
        return Skipped(path, "undecodable", f"{encoding} would not write the same bytes again")
    if b"\0" in source:
        return Skipped(path, "binary")
    return (source, encoding) if source.strip() else Skipped(path, "empty")


def encode(source: bytes, encoding: str) -> bytes:
    """Return UTF-8 `source` as a file's bytes in `encoding`, as `decode` named it; the mark comes first.

    Raises:
        UnicodeEncodeError: The text has a character that `encoding` cannot spell.
    """
    if encoding == "utf-8":
        return source
    mark, codec = _MARKED.get(encoding, (b"", encoding))
    return mark + source.decode("utf-8").encode(codec)


def newline_of(source: bytes) -> str:
    r"""Return the line ending that most lines have; "\n" for a file of one line, or for a tie."""
    crlf = source.count(b"\r\n")
    counts = {"\n": source.count(b"\n") - crlf, "\r\n": crlf, "\r": source.count(b"\r") - crlf}
    return max(counts, key=counts.__getitem__)


def blob_id(raw: bytes) -> str:
    """Return git's id of a blob with these bytes (SHA-1, whatever the repository itself uses)."""
    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def _encoding_of(path: str, raw: bytes, declared: str | None) -> str | Skipped:
    for name, mark, _ in _MARKS:
        if raw.startswith(mark):
            return name
    if declared is not None:
        return _known(declared, wide=True) or Skipped(
            path, "undecodable", f"unknown encoding {declared!r} in .gitattributes"
        )
    if b"\0" in raw:
        return Skipped(path, "binary")
    cookie = _cookie(raw)
    if cookie is None:
        return "utf-8"
    return _known(cookie) or Skipped(
        path, "undecodable", f"unknown encoding {cookie!r} in its coding comment"
    )


def _cookie(raw: bytes) -> str | None:
    first, second = ([*_LINE_END.split(raw[:1000], maxsplit=2), b""])[:2]
    found = _COOKIE.match(first)
    if not found and _COMMENT_OR_BLANK.match(first):
        found = _COOKIE.match(second)
    return found[1].decode("ascii", "replace") if found else None


def _known(name: str, *, wide: bool = False) -> str | None:
    """Return Python's name of a text encoding, or None; one that isn't a superset of ASCII only if `wide`."""
    try:
        codec = codecs.lookup(name).name.replace("_", "-")
        if codec in _NOT_FOR_FILES or (not wide and b"#!/a 09".decode(codec) != "#!/a 09"):
            return None
        return codec if "a".encode(codec) else None
    except (LookupError, ValueError, TypeError):  # TypeError: "hex" and its like take bytes
        return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
