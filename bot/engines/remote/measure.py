"""Which tokenizer prompts for a server are measured with: its own, or a bound that never lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Union

from bot.engines.folder import ModelFolder, embedded_folder
from bot.engines.tokenizer import FileTokenizer
from bot.errors import EngineError, UsageError
from bot.prompt.family import FAMILIES, Family

if TYPE_CHECKING:
    from bot.engines.remote.address import Address
    from bot.engines.remote.transport import Served

__all__ = ["ByteTokenizer", "Measure", "at_hand", "measure"]


class ByteTokenizer:
    """Counts a token a byte: no byte-level tokenizer needs more, so that what fits by it always fits."""

    def count(self, text: str) -> int:
        """Return the number of bytes of `text`, which its tokens cannot exceed."""
        return len(text.encode("utf-8", "surrogatepass"))

    def head(self, text: str, tokens: int) -> str:
        """Return the longest prefix of `text` of at most `tokens` bytes."""
        return text.encode("utf-8", "surrogatepass")[: max(0, tokens)].decode("utf-8", "ignore")

    def tail(self, text: str, tokens: int) -> str:
        """Return the longest suffix of `text` of at most `tokens` bytes."""
        raw = text.encode("utf-8", "surrogatepass")
        return raw[max(0, len(raw) - max(0, tokens)) :].decode("utf-8", "ignore")


@dataclass(frozen=True)
class Measure:
    """A tokenizer and what is known through it."""

    tokenizer: Union[FileTokenizer, ByteTokenizer]
    family: Family

    @property
    def exact(self) -> bool:
        """Whether it is the model's own tokenizer."""
        return isinstance(self.tokenizer, FileTokenizer)

    @cached_property
    def specials(self) -> tuple[str, ...]:
        """Every spelling that must not come from a user's text."""
        if isinstance(self.tokenizer, FileTokenizer):
            return self.tokenizer.specials
        return tuple(sorted({*self.family.stops, self.family.repo, self.family.bos} - {""}))


def at_hand(address: Address, served: Served) -> ModelFolder | None:
    """Return the served model's folder where this machine has it; None where it has not.

    That is the packaged model, known by its build, or a folder that a server on this machine names.
    """
    told, place = str(served.facts.get("build", "")), str(served.facts.get("folder", ""))
    candidates = [embedded_folder()] if told.startswith("sha256:") else []
    candidates += [Path(place)] if place and address.loopback else []
    for path in candidates:
        try:
            folder = ModelFolder(path, url=address.url)
            if not told.startswith("sha256:") or folder.info.build == told:
                return folder
        except (EngineError, OSError):
            continue
    return None


def measure(address: Address, served: Served) -> Measure:
    """Return the tokenizer that the URL names, the packaged one where the server has the same, or bytes.

    Raises:
        UsageError: There is no such family.
        EngineError: The tokenizer is not the server's, or nothing tells the model's family.
    """
    named = address.options.get("tokenizer")
    wanted = str(address.options.get("family") or served.facts.get("family") or "")
    if wanted and wanted not in FAMILIES:
        known = ", ".join(FAMILIES)
        raise UsageError(f"unknown model family {wanted!r}", hint=f"codebot knows {known}")
    if named:
        path = Path(named).expanduser()
        found = FileTokenizer(path / "tokenizer.json" if path.is_dir() else path)
        return Measure(found, FAMILIES[wanted] if "family" in address.options else found.family)
    if (folder := at_hand(address, served)) is not None:
        return Measure(folder.tokenizer, folder.tokenizer.family)
    if not wanted:
        hint = "add ?tokenizer=DIR with the model's tokenizer.json, or at least ?family=starcoder"
        raise EngineError(f"{served.model} does not say which model family it is", hint=hint)
    return Measure(ByteTokenizer(), FAMILIES[wanted])
