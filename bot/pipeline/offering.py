"""What the engine offers for a finding: one candidate for each way it can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from bot.data import Failed, Rejected, Suggestion
from bot.prompt.fix import fix_prompts
from bot.tasks.fix_answers import read_fix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.findings.locate import Located
    from bot.ports import Engine

__all__ = ["EngineOffer"]


class EngineOffer:
    """Asks one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, found: Located, cause: str) -> Iterator[Union[Suggestion, Rejected]]:
        """Yield candidates for one finding, or why an answer is none."""
        info = self._engine.info
        if info.languages is not None and found.language not in info.languages:
            yield Rejected(found.chunk, "no-fix", f"{info.model} does not speak {found.language}")
            return
        prompts = list(fix_prompts(found, cause, info, self._engine.tokenizer))
        if not prompts:
            yield Rejected(found.chunk, "no-fix", f"the code does not fit the window of {info.model}")
        for answer in self._engine.complete(prompts):
            if isinstance(answer, Failed):
                yield Rejected(found.chunk, "no-answer", answer.detail or answer.reason)
            else:
                yield read_fix(found, answer, info.prompting.specials)
