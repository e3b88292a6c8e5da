"""Asking an engine for tests by name, from one thread at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING

from bot.data import Completion
from bot.prompt.asking import Asking, asking_for
from bot.prompt.asking_tests import Wanted, ask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.ports import Engine

__all__ = ["Questions"]


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked of one engine, in which words."""

    engine: Engine
    cancel: Event
    words: Asking
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, task: str, engine: Engine, cancel: Event, prompts: Path | None = None) -> Questions:
        """Return those of a task of `bot.prompt.asking.TASKS`, in the folder's own words where it has some.

        Raises:
            UsageError: A file in it is not a wording.
        """
        return cls(engine, cancel, asking_for(task, engine.info, prompts))

    @property
    def chat(self) -> bool:
        """Whether the engine can be shown its error."""
        return self.engine.info.chat

    def ask(self, wanted: Mapping[str, Wanted]) -> dict[str, Completion]:
        """Return the answers there are, by the name of what was wanted."""
        info, tokenizer = self.engine.info, self.engine.tokenizer
        prompts = {name: ask(each, info, tokenizer, self.words) for name, each in wanted.items()}
        names = {prompt: name for name, prompt in prompts.items() if prompt is not None}
        with self.lock:
            answers = list(self.engine.complete(list(names), self.cancel))
        return {names[each.prompt]: each for each in answers if isinstance(each, Completion)}
