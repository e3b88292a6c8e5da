"""What was answered before is not asked again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.cache import Cache
from bot.data import Completion, Prompt
from bot.engines import open_engine
from bot.engines.cached import CachedEngine
from bot.engines.embedded import EmbeddedEngine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache.sqlite3")


def test_a_second_run_gives_the_same_answers_without_loading_the_weights(
    cache: Cache, prompts: list[Prompt]
) -> None:
    first_engine = open_engine("embedded:", store=cache)
    first = {a.prompt: a for a in first_engine.complete(prompts) if isinstance(a, Completion)}
    pairs = [(p.text, a.text) for p, a in first.items()]
    scores = first_engine.score(pairs)  # type: ignore[attr-defined] # a Scorer
    first_engine.close()
    assert not any(a.cached for a in first.values())

    engine = open_engine("embedded:", store=Cache(cache.path))
    assert isinstance(engine, CachedEngine)
    second = list(engine.complete(iter(prompts)))
    assert [a.prompt for a in second] == prompts  # known answers come in order
    for answer in second:
        assert isinstance(answer, Completion)
        assert answer.cached
        assert replace(answer, cached=False, seconds=0) == replace(first[answer.prompt], seconds=0)
    assert engine.score(pairs) == scores
    assert isinstance(engine.inner, EmbeddedEngine)
    assert not engine.inner.loaded


@pytest.mark.parametrize("change", [{"max_tokens": 5}, {"stop": (".",)}, {"wording": "other@1"}])
def test_another_question_is_asked(cache: Cache, prompts: list[Prompt], change: dict[str, object]) -> None:
    engine = open_engine("embedded:", store=cache)
    list(engine.complete(prompts[:1]))
    (answer,) = engine.complete([replace(prompts[0], **change)])  # type: ignore[arg-type] # fields of Prompt
    assert isinstance(answer, Completion)
    assert not answer.cached
    engine.close()


def test_known_and_new_prompts_all_come_out(
    cache: Cache, engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    cached = CachedEngine(engine, cache)
    list(cached.complete(prompts[::2]))
    found = [a for a in cached.complete(prompts) if isinstance(a, Completion)]
    assert {a.prompt for a in found if a.cached} == set(prompts[::2])
    assert {a.prompt for a in found} == set(prompts)


def test_an_entry_that_makes_no_sense_is_asked_anew(
    cache: Cache, engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    cached = CachedEngine(engine, cache)
    cache.put("completion", cached._key(prompts[0]), {"text": "x"})
    (answer,) = cached.complete(prompts[:1])
    assert isinstance(answer, Completion)
    assert not answer.cached
