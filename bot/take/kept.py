"""A suggestion as it is kept between two commands, with the lines it relies on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from bot.chunk.edit import line_starts

if TYPE_CHECKING:
    from bot.data import Suggestion

__all__ = ["Kept", "from_json", "keep", "lines_of", "to_json"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A suggestion, and the block of lines that must still be as it was proven on. Lines are 1-based."""

    id: str
    task: str
    path: str
    symbol: str
    message: str
    new_file: bool
    start_line: int
    end_line: int
    replacement: str
    first_line: int  # of `block`
    block: str  # the lines around the edit: those of the function it is about; "\n" ends each
    blob: str  # content hash of the file that the line numbers are of

    @property
    def edited(self) -> str:
        """The block with the edit in it."""
        lines = lines_of(self.block)
        start = self.start_line - self.first_line
        end = self.end_line - self.first_line + 1
        return "".join(lines[:start]) + plain(self.replacement) + "".join(lines[end:])


def keep(suggestion: Suggestion) -> Kept:
    """Return what has to be kept of a suggestion to take it later."""
    change, chunk = suggestion.chunk.change, suggestion.chunk
    symbol = suggestion.subject.symbol
    block = ""
    first_line = suggestion.start_line
    if not suggestion.new_file:
        start, end = chunk.start_line, chunk.end_line
        if chunk.symbol is not None and chunk.kind == "function":
            start, end = chunk.symbol.start_line, chunk.symbol.end_line
        first_line = min(start, suggestion.start_line)
        starts = line_starts(change.source)
        last = min(max(end, suggestion.end_line), len(starts) - 1)
        block = plain(change.source[starts[first_line - 1] : starts[last]].decode("utf-8"))
    return Kept(
        id=suggestion.id,
        task=suggestion.task,
        path=suggestion.path,
        symbol=symbol.qualname if symbol else "",
        message=suggestion.message,
        new_file=suggestion.new_file,
        start_line=suggestion.start_line,
        end_line=suggestion.end_line,
        replacement=suggestion.replacement,
        first_line=first_line,
        block=block,
        blob=change.blob,
    )


def to_json(kept: Kept) -> dict[str, Any]:
    """Return it as plain values."""
    return asdict(kept)


def from_json(value: Any) -> Kept | None:  # noqa: ANN401 - whatever the file holds
    """Return what `to_json` made; None for anything else, as another version may have written."""
    if not isinstance(value, dict) or set(value) != {each.name for each in fields(Kept)}:
        return None
    kept = Kept(**value)
    kinds = {"str": str, "int": int, "bool": bool}
    if not all(type(getattr(kept, each.name)) is kinds[str(each.type)] for each in fields(Kept)):
        return None
    inside = not kept.path.startswith("/") and ".." not in kept.path.split("/")
    return kept if inside and 1 <= kept.first_line <= kept.start_line <= kept.end_line else None


def plain(text: str) -> str:
    r"""Return `text` with "\n" for its line endings; a lone "\r" is one only where there is no other."""
    return text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")


def lines_of(text: str) -> list[str]:
    r"""Return the lines of a text with their "\n"; nothing else ends a line."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
