"""Recorded answers: for tests, for demonstrations, and to look at one run again and again.

A recording is a folder: `engine.json` says which engine it was, its tokenizer lies beside it, and every
answer is one file, named by what was asked, that a person can read.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bot.data import Completion, Failed, Prompt
from bot.engines.cached import completion_from, completion_to, digest
from bot.engines.folder import embedded_folder
from bot.engines.tokenizer import FileTokenizer
from bot.errors import EngineError
from bot.ports import Engine, EngineInfo, Prompting, Scorer, Tokenizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["RecordingEngine", "ReplayEngine"]


def _file(folder: Path, kind: str, key: str) -> Path:
    return folder / kind / key[:2] / f"{key[:24]}.json"


def _asked(prompt: Prompt) -> str:
    return digest(prompt.text, list(prompt.stop), prompt.max_tokens, prompt.form)


def _write(file: Path, value: dict[str, Any]) -> None:
    """Write atomically: two recordings at once leave whole files."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
    part.replace(file)


class ReplayEngine:
    """An `Engine` and `Scorer` that answers from a folder, and fails on what was never recorded."""

    def __init__(self, folder: Path, *, url: str) -> None:
        """Read what `folder` says of its engine.

        Raises:
            EngineError: It is no recording.
        """
        self._folder, self._url = folder, url
        try:
            kept: dict[str, Any] = json.loads((folder / "engine.json").read_text("utf-8"))
            shape = kept.pop("prompting")
            tasks = tuple(shape.pop("tasks", ()))  # older recordings name none
            limits, languages = shape.pop("fim_limits"), kept.pop("languages")
            self._embedded = kept.pop("tokenizer") == "embedded"
            shape = Prompting(
                **{**shape, "specials": tuple(shape["specials"])},
                fim_limits=tuple(limits) if limits else None,
                tasks=tasks,
            )
            fields = {**kept, "url": url, "languages": frozenset(languages) if languages else None}
            self._info = EngineInfo(**fields, prompting=shape)
        except FileNotFoundError as error:
            raise EngineError(f"no recording in {folder}", hint="make one with --record DIR") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise EngineError(f"{folder / 'engine.json'} is not a recording's: {error}") from error

    @property
    def info(self) -> EngineInfo:
        """What the recorded engine said of itself."""
        return self._info

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The recorded engine's tokenizer."""
        folder = embedded_folder() if self._embedded else self._folder
        return FileTokenizer(folder / "tokenizer.json")

    def complete(
        self, prompts: Iterable[Prompt], cancel: threading.Event | None = None
    ) -> Iterator[Completion | Failed]:
        """Yield the recorded answers in the order of the prompts."""
        for prompt in prompts:
            if cancel is not None and cancel.is_set():
                yield Failed(prompt.chunk, "cancelled", prompt=prompt)
                continue
            file = _file(self._folder, "completion", _asked(prompt))
            kept = self._read(file)
            completion = completion_from(prompt, kept["answer"], cached=False) if kept else None
            detail = f"no recording of this prompt: {file}"
            yield completion or Failed(prompt.chunk, "engine", detail, prompt)

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return the recorded scores.

        Raises:
            EngineError: One was never recorded.
        """
        scores = []
        for prompt, answer in pairs:
            file = _file(self._folder, "score", digest(prompt, answer))
            kept = self._read(file)
            if kept is None:
                raise EngineError(f"no recording of this score: {file}", hint="record again with --record")
            scores.append(tuple(float(each) for each in kept["logprobs"]))
        return scores

    def close(self) -> None:
        """Nothing is open."""

    @staticmethod
    def _read(file: Path) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise EngineError(f"{file} cannot be read: {error}") from error
        return kept


class RecordingEngine:
    """An engine in front of another that writes what it answers where `replay:DIR` finds it."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine, self._folder = engine, folder
        info = asdict(engine.info)
        info["languages"] = sorted(engine.info.languages) if engine.info.languages else None
        info["tokenizer"] = self._keep_tokenizer()
        try:
            _write(folder / "engine.json", info)
        except OSError as error:
            raise EngineError(f"cannot record into {folder}: {error.strerror}") from error

    @property
    def inner(self) -> Engine:
        """The engine that is asked."""
        return self._engine

    @property
    def info(self) -> EngineInfo:
        """The inner engine's."""
        return self._engine.info

    @property
    def tokenizer(self) -> Tokenizer:
        """The inner engine's."""
        return self._engine.tokenizer

    def complete(
        self, prompts: Iterable[Prompt], cancel: threading.Event | None = None
    ) -> Iterator[Completion | Failed]:
        """Yield the inner engine's answers, and record them."""
        for answer in self._engine.complete(prompts, cancel):
            if isinstance(answer, Completion):
                p = answer.prompt
                asked = {"form": p.form, "stop": list(p.stop), "max_tokens": p.max_tokens, "text": p.text}
                where = {"path": p.chunk.change.path, "line": p.chunk.start_line, "purpose": p.purpose}
                kept = {"answer": completion_to(answer), "where": where, "prompt": asked}
                _write(_file(self._folder, "completion", _asked(p)), kept)
            yield answer

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...]]:
        """Return the inner engine's scores, and record them.

        Raises:
            TypeError: The inner engine gives no scores.
        """
        if not isinstance(self._engine, Scorer):
            raise TypeError(f"{self.info.url} gives no scores")
        scores = self._engine.score(pairs)
        for (prompt, answer), score in zip(pairs, scores, strict=True):
            kept = {"prompt": prompt, "answer": answer, "logprobs": list(score)}
            _write(_file(self._folder, "score", digest(prompt, answer)), kept)
        return scores

    def close(self) -> None:
        """Close the inner engine."""
        self._engine.close()

    def _keep_tokenizer(self) -> str:
        """Copy the tokenizer beside the recording, unless it is the packaged one."""
        tokenizer = self._engine.tokenizer
        if not isinstance(tokenizer, FileTokenizer):
            raise EngineError(f"{self.info.url} has no tokenizer that could be recorded")
        if tokenizer.path.parent == embedded_folder():
            return "embedded"
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "tokenizer.json").write_bytes(tokenizer.raw)
        return "copy"
