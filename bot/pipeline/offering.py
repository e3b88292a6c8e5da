"""What the engine offers for a finding: one candidate for each way it can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from bot.data import Failed, Rejected, Suggestion
from bot.prompt.fix import fix_prompts, fix_wording
from bot.tasks.fix_answers import read_fix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.findings.locate import Located
    from bot.ports import Engine

__all__ = ["EngineOffer"]


class EngineOffer:
    """Asks one engine."""

    def __init__(self, engine: Engine, prompts: Path | None = None) -> None:
        """Ask an engine, in the words of the folder `prompts` where that has some.

        Raises:
            UsageError: A file in it is not a wording.
        """
        self._engine = engine
        self._wording = fix_wording(engine.info, prompts)

    def __call__(self, found: Located, cause: str) -> Iterator[Union[Suggestion, Rejected]]:
        """Yield candidates for one finding, or why an answer is none."""
        info = self._engine.info
        if info.languages is not None and found.language not in info.languages:
            yield Rejected(found.chunk, "no-fix", f"{info.model} does not speak {found.language}")
            return
        prompts = list(fix_prompts(found, cause, info, self._engine.tokenizer, self._wording))
        if not prompts:
            yield Rejected(found.chunk, "no-fix", f"the code does not fit the window of {info.model}")
        for answer in self._engine.complete(prompts):
            if isinstance(answer, Failed):
                yield Rejected(found.chunk, "no-answer", answer.detail or answer.reason)
            else:
                yield read_fix(found, answer, info.prompting.specials)
