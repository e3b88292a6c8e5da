"""Files without git: what the disk holds, as text, and which of it is left alone."""

from __future__ import annotations

from bot.chunk.encoding import decode, encode, newline_of
from bot.files.disk import load_filters, read_folder
from bot.files.skips import Attributes, Filters, classify

__all__ = [
    "Attributes",
    "Filters",
    "classify",
    "decode",
    "encode",
    "load_filters",
    "newline_of",
    "read_folder",
]
