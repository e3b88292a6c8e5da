"""The seams: what the stages need from the outside, as protocols that the edges fulfil."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from threading import Event

    from bot.data import Completion, Failed, Prompt

__all__ = ["Engine", "EngineInfo", "Prompting", "Scorer", "Tokenizer"]


@dataclass(frozen=True, slots=True)
class Prompting:
    """How this model wants to be asked, as far as its family alone does not say."""

    wording: str = ""  # variant of the prompt wording files; "": by form and family
    fim_limits: tuple[int, int] | None = None  # most prefix and suffix tokens; None: they share the window
    tasks: tuple[str, ...] = ()  # trained for beside docstrings: their prompts are bound by the window alone
    specials: tuple[str, ...] = ()  # every spelling that its tokenizer turns into a special token
    chat_template: str = ""  # Jinja source; "" where `chat` is false
    bos: str = ""  # spellings that the template may name
    eos: str = ""


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself."""

    url: str  # as the user gave it, without credentials
    model: str
    build: str  # "sha256:…" of the weights, or whatever identifies this build of the engine
    family: str  # row of `bot.prompt.family.FAMILIES`
    window: int  # positions: prompt plus answer, in tokens
    chat: bool = False  # instruction-tuned: asked through its chat template
    languages: frozenset[str] | None = None  # None: any
    logprobs: bool = False
    prompting: Prompting = field(default_factory=Prompting)
    decoding: str = "greedy"  # settings that change answers; part of the cache key


class Tokenizer(Protocol):
    """The engine's own tokenizer."""

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens parsed."""
        ...

    def head(self, text: str, tokens: int) -> str:
        """Return the longest prefix of `text` that has at most `tokens` tokens."""
        ...

    def tail(self, text: str, tokens: int) -> str:
        """Return the longest suffix of `text` that has at most `tokens` tokens."""
        ...


class Engine(Protocol):
    """Many prompts in, completions out as they finish, in any order."""

    @property
    def info(self) -> EngineInfo:
        """What the engine says of itself."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer that prompts are measured with."""
        ...

    def complete(
        self, prompts: Iterable[Prompt], cancel: Event | None = None
    ) -> Iterator[Completion | Failed]:
        """Yield one value a prompt; stop early, yielding `Failed("cancelled")`, once `cancel` is set."""
        ...

    def close(self) -> None:
        """Free the model or the connection; further calls are errors."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """An engine that can also tell how likely it finds a given answer."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return the natural-log probability of each token of each pair's answer after its prompt text."""
        ...
