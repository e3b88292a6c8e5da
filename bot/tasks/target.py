"""Which chunks get a docstring, and why the others do not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bot.chunk.symbols import detail
from bot.data import Skipped, Symbol
from bot.languages import LANGUAGES, is_test_path
from bot.tasks.facts import Facts, facts
from bot.tasks.improve import Fault, fault
from bot.tasks.place import doc_lines, room_for

if TYPE_CHECKING:
    from bot.data import Chunk, Parameter
    from bot.languages import DocForm

__all__ = ["KINDS", "DocOptions", "Target", "own_parameters", "target"]

_RECEIVERS = {
    "python": {"self", "cls", "mcs", "metacls"},
    "rust": {"self"},
    "typescript": {"this"},
    "tsx": {"this"},
}
KINDS = frozenset({"module", "class", "function", "method"})
# Outside Python: a body of one line and few characters says no more than its signature.
_SHORT, _STATEMENTS = 40, 2
_SAYS_SOMETHING = re.compile(r"^(?!\s*(?://|#|--|\*|/\*|end\b|fi\b|do\b)).*\w")


@dataclass(frozen=True, slots=True)
class DocOptions:
    """What the user wants documented, and how."""

    style: Literal["auto", "google", "numpy", "sphinx"] = "auto"
    private: bool = False
    tests: bool = False
    improve: bool = False
    sections: Literal["auto", "always", "never"] = "auto"
    examples: Literal["auto", "always", "never"] = "auto"  # whether they are asked for
    kinds: frozenset[str] = KINDS
    line_length: int = 88  # where the file itself has no longer lines


@dataclass(frozen=True, slots=True)
class Target:
    """A symbol that gets a docstring."""

    chunk: Chunk
    symbol: Symbol
    options: DocOptions = field(default_factory=DocOptions)
    facts: Facts | None = None  # None: not Python, or a newer Python than this one
    wrong: Fault | None = None  # what its docstring gets wrong; None: it has none

    @property
    def language(self) -> str:
        """The row of `LANGUAGES` it is written in."""
        return self.chunk.language

    @property
    def form(self) -> DocForm:
        """The form of its doc comments."""
        return LANGUAGES[self.chunk.language].doc

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that a docstring speaks of."""
        return own_parameters(self.symbol, self.language)


def target(  # noqa: PLR0911 - one return for each kind of answer
    chunk: Chunk, *, options: DocOptions | None = None
) -> Target | Skipped:
    """Decide whether a chunk's symbol gets a docstring.

    Args:
        chunk: A chunk as `bot.chunk.split` makes them.
        options: The user's wishes; the defaults document what is public and not test code.

    Returns:
        The target, or `Skipped` with a key of `bot.reasons.SKIPS`.
    """
    options = options or DocOptions()
    symbol = chunk.symbol
    if chunk.language not in LANGUAGES:
        return _skip(chunk, "no-doc-form")
    if symbol is None or chunk.kind == "block":
        return _skip(chunk, "unparsable" if chunk.kind == "error" else "no-symbol")
    reason = _outer_reason(chunk, symbol, options)
    if reason:
        return _skip(chunk, reason)
    if symbol.doc is not None and not options.improve:  # most chunks: the body need not be read for that
        return _skip(chunk, "documented")
    symbol = detail(chunk)
    known = facts(symbol, chunk.change.source) if chunk.language == "python" else None
    documented = symbol.doc is not None or (known is not None and known.docstring is not None)
    if documented:
        wrong = _fault(chunk, symbol, known) if options.improve and known is not None else None
        return Target(chunk, symbol, options, known, wrong) if wrong else _skip(chunk, "documented")
    if (known is not None and known.trivial) or _looks_trivial(chunk, symbol):
        return _skip(chunk, "trivial")
    return Target(chunk, symbol, options, known)


def _fault(chunk: Chunk, symbol: Symbol, known: Facts) -> Fault | None:
    if symbol.kind not in {"function", "method"} or symbol.doc is None:
        return None
    lines = doc_lines(chunk.change.source, symbol.doc)[2]
    return fault(lines, own_parameters(symbol, chunk.language), known)


def own_parameters(symbol: Symbol, language: str) -> tuple[Parameter, ...]:
    """Return the parameters a caller passes: no `self` or `cls`, no `_`, no bare `*` or `/`."""
    found = [p for p in symbol.parameters if p.name.strip("_*/") and p.kind != "type"]
    receiver = symbol.kind == "method" and "staticmethod" not in " ".join(symbol.decorators)
    if receiver and found and found[0].name in _RECEIVERS.get(language, ()):
        found = found[1:]
    return tuple(found)


def _skip(chunk: Chunk, reason: str) -> Skipped:
    return Skipped(chunk.change.path, reason, chunk.symbol.qualname if chunk.symbol else "", chunk)


def _outer_reason(chunk: Chunk, symbol: Symbol, options: DocOptions) -> str:
    """Return the reason that needs no look into the body, or the empty string."""
    change = chunk.change
    no_doc = symbol.kind == "module" and LANGUAGES[chunk.language].doc.placement == "before"
    reasons = (
        ("continuation", chunk.part > 0),
        ("unparsable", symbol.broken or chunk.kind == "error"),
        ("no-symbol", no_doc),  # only Python's modules have a docstring of their own
        ("kind", symbol.kind not in options.kinds),
        ("unchanged", not change.touched(symbol.start_line, symbol.end_line)),
        ("test-code", not options.tests and _is_test(chunk, symbol)),
        ("not-public", not options.private and not _is_public(symbol, chunk.language)),
    )
    return next((reason for reason, holds in reasons if holds), "")


def _is_test(chunk: Chunk, symbol: Symbol) -> bool:
    if is_test_path(chunk.change.path, LANGUAGES[chunk.language].tests):
        return True
    return chunk.language == "python" and symbol.kind != "module" and symbol.name.startswith("test_")


def _is_public(symbol: Symbol, language: str) -> bool:
    """Whether callers outside are meant to use it. Magic methods need no docstring (D105, D107)."""
    if language == "python" and symbol.kind != "module":
        return not symbol.nested and not any(part.startswith("_") for part in symbol.qualname.split("."))
    return symbol.public and not symbol.nested


def _looks_trivial(chunk: Chunk, symbol: Symbol) -> bool:
    """Whether a body is too small to document, from its text alone: a body on the signature's line."""
    source = chunk.change.source
    if room_for(symbol, source, LANGUAGES[chunk.language].doc) is None:
        return True
    if chunk.language == "python" or symbol.kind == "class":
        return False
    body = source[symbol.body : symbol.end].decode("utf-8", "replace")
    said = [line for line in body.splitlines() if _SAYS_SOMETHING.search(line)]
    return len(said) < _STATEMENTS and len("".join(body.split())) < _SHORT
