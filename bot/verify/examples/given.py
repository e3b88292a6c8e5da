"""The proof of examples that an engine writes: which of them give what they say they give, every time."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Union

from bot.errors import UsageError
from bot.tasks.examples import Cut, Example, Tried
from bot.verify.examples.run import Ran, run_examples
from bot.verify.tests.banned import banned
from bot.verify.text import unsafe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.data import Change, Symbol
    from bot.verify.sandbox import Sandbox

__all__ = ["Examples"]

_SECONDS = 20.0  # for the examples of one docstring
_SEEDS = (1, 2, 3, 4)  # of hashes, one a run
_DIRECTIVE = re.compile(r"#\s*doctest:")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_TOLD = 80  # characters of what came instead


class Examples:
    """Runs examples of a symbol in the namespace of its module, in the sandbox that `opener` opens."""

    def __init__(self, opener: Callable[[], Sandbox]) -> None:
        self._opener = opener

    def __call__(self, change: Change, symbol: Symbol, examples: Sequence[Example]) -> Tried:
        """Return which examples pass: in fresh processes, under two hash seeds, without those that do not."""
        cut: list[Cut] = []
        left: list[Example] = []
        for one in examples:
            why = _refused(one)
            if why is None:
                left.append(one)
            else:
                cut.append(why)
        once: set[Example] = set()  # passed in some run
        passed = 0  # runs in a row in which all of them did
        for seed in _SEEDS:
            if not left or not _uses(symbol, left) or passed > 1:
                break
            results = self._run(change, left, seed)
            if isinstance(results, Cut):
                return Tried((), (*cut, *(Cut(results.reason, results.detail) for _ in left)))
            told = list(zip(left, results, strict=True))
            cut += [replace(each, reason="flaky") if one in once else each for one, each in told if each]
            left = [one for one, each in told if each is None]
            once |= set(left)
            passed = passed + 1 if all(each is None for each in results) else 0
        if left and not _uses(symbol, left):
            return Tried((), (*cut, *(Cut("unused", one.lines[0]) for one in left)))
        if passed < 2:  # noqa: PLR2004 - other ones failed each time
            return Tried((), (*cut, *(Cut("flaky", one.lines[0]) for one in left)))
        return Tried(tuple(left), tuple(cut))

    def _run(
        self, change: Change, examples: Sequence[Example], seed: int
    ) -> Union[list[Union[Cut, None]], Cut]:
        """Return why each example is cut, None where it passed; or why none of them could run."""
        try:
            sandbox = self._opener()
        except UsageError as error:
            return Cut("no-sandbox", str(error))
        text = "".join(f"{line}\n" for one in examples for line in (*one.lines, ""))
        ran = run_examples(sandbox, change, change.source, text=text, seed=seed, seconds=_SECONDS)
        if isinstance(ran, str):
            return Cut("not-run", ran)
        if len(ran) != len(examples):
            return Cut("not-run", "the process told of other examples")
        return [None if each.ok else Cut("fails", _told(each)) for each in ran]


def _refused(one: Example) -> Cut | None:
    """Return why an example is not even run."""
    found = unsafe(one.source + one.want)
    if found:
        return Cut("unsafe-text", found)
    if _DIRECTIVE.search(one.source):
        return Cut("banned", "has a doctest directive")
    if _ADDRESS.search(one.want):
        return Cut("banned", "holds an address of memory")
    try:
        why = banned(ast.parse(one.source))
    except (SyntaxError, ValueError, RecursionError) as error:
        return Cut("malformed", f"{type(error).__name__}: {error}")
    return Cut("banned", why.partition(" ")[2].partition(" ")[2]) if why else None


def _uses(symbol: Symbol, examples: Sequence[Example]) -> bool:
    """Whether any of the examples uses what they are examples of."""
    name = symbol.qualname.split(".")[-2] if symbol.name == "__init__" else symbol.name
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", one.source) for one in examples)


def _told(ran: Ran) -> str:
    first = ran.source.split("\n")[0]
    got = " ".join(ran.got.split()) or "nothing"
    return f"`{first}` gives {got[:_TOLD]}"
