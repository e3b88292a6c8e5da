"""The packaged model in process: the same answers every time, whatever runs beside them."""

from __future__ import annotations

import math
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.data import Completion, Failed, Prompt
from bot.engines import open_engine
from bot.engines.embedded import EmbeddedEngine, cut, other
from bot.engines.folder import ModelFolder, embedded_folder
from bot.errors import EngineError
from bot.ports import Engine, Scorer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def answers(engine: Engine, prompts: list[Prompt]) -> dict[Prompt, Completion]:
    found = {}
    for each in engine.complete(prompts):
        assert isinstance(each, Completion)
        found[each.prompt] = each
    return found


def test_answers_do_not_depend_on_order_or_neighbours(engine: EmbeddedEngine, prompts: list[Prompt]) -> None:
    together = answers(engine, prompts)
    backwards = answers(engine, prompts[::-1])
    alone = {p: answers(engine, [p])[p] for p in prompts[:4]}
    for prompt in prompts:
        assert backwards[prompt].text == together[prompt].text
        assert backwards[prompt].logprobs == together[prompt].logprobs
    for prompt, answer in alone.items():
        assert (answer.text, answer.logprobs) == (together[prompt].text, together[prompt].logprobs)


def test_answers_do_not_depend_on_the_number_of_jobs(engine: EmbeddedEngine, prompts: list[Prompt]) -> None:
    one = open_engine("embedded:", jobs=1)
    try:
        for prompt, answer in answers(one, prompts[:5]).items():
            assert answer.logprobs == answers(engine, [prompt])[prompt].logprobs
    finally:
        one.close()


def test_answers_are_lines_of_english_with_their_tokens_and_time(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    for prompt, answer in answers(engine, prompts).items():
        assert answer.finish == "stop"
        assert answer.text.strip()
        assert "\n" not in answer.text
        assert '"""' not in answer.text
        assert answer.prompt_tokens == prompt.tokens
        assert answer.logprobs is not None
        assert answer.completion_tokens == len(answer.logprobs)
        assert all(each <= 0 for each in answer.logprobs)
        assert answer.seconds > 0


def test_log_probabilities_of_an_answer_agree_with_scoring_it(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    """Prefill and single steps round differently in int8, and the answer may be split into other tokens."""
    found = answers(engine, prompts)
    scores = engine.score([(p.text, found[p].text) for p in prompts])
    apart = []
    for prompt, score in zip(prompts, scores, strict=True):
        logprobs = found[prompt].logprobs or ()
        if len(score) == len(logprobs):
            apart.append(abs(sum(score) - sum(logprobs)) / len(score))
    assert len(apart) > len(prompts) // 2
    assert sum(apart) / len(apart) < 0.05
    assert max(apart) < 0.2


def test_scores_tell_a_fitting_answer_from_a_foreign_one(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    prompt = prompts[-1]
    fitting = answers(engine, [prompt])[prompt].text
    scores = engine.score([(prompt.text, fitting), (prompt.text, "Bananas are yellow in the jungle")])
    own, foreign = (sum(s) / len(s) for s in scores)
    assert own > foreign + 1
    assert isinstance(engine, Scorer)


def test_a_stop_sequence_ends_the_answer_inside_a_token_too(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    prompt = prompts[0]
    whole = answers(engine, [prompt])[prompt]
    middle = whole.text[len(whole.text) // 2 :][:3]
    shorter = answers(engine, [replace(prompt, stop=(middle,))])
    (answer,) = shorter.values()
    assert answer.text == whole.text[: whole.text.index(middle)]
    assert answer.finish == "stop"
    assert answer.completion_tokens < whole.completion_tokens


def test_an_answer_that_runs_out_of_tokens_says_so(engine: EmbeddedEngine, prompts: list[Prompt]) -> None:
    (answer,) = answers(engine, [replace(prompts[0], max_tokens=3)]).values()
    assert (answer.finish, answer.completion_tokens) == ("length", 3)


def test_prompts_are_taken_only_a_little_ahead(engine: EmbeddedEngine, prompts: list[Prompt]) -> None:
    taken = 0

    def endless() -> Iterator[Prompt]:
        nonlocal taken
        while True:
            taken += 1
            yield prompts[taken % len(prompts)]

    running = engine.complete(endless())
    for _ in range(3):
        next(running)
    running.close()  # type: ignore[attr-defined] # a generator
    assert taken <= 3 + 8 + 2


def test_after_cancelling_every_prompt_comes_out_as_cancelled(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    cancel = threading.Event()
    found = []
    for each in engine.complete(iter(prompts * 20), cancel):
        found.append(each)
        cancel.set()
    assert len(found) == len(prompts) * 20
    failed = [each for each in found if isinstance(each, Failed)]
    assert len(failed) >= len(found) - 12
    assert {each.reason for each in failed} == {"cancelled"}


def test_a_prompt_that_does_not_fit_is_one_failure_among_answers(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    long = replace(prompts[0], text=prompts[0].text * 100)
    found = list(engine.complete([long, prompts[1]]))
    assert sorted(type(each).__name__ for each in found) == ["Completion", "Failed"]
    failed = next(each for each in found if isinstance(each, Failed))
    assert "do not fit 1024" in failed.detail


def test_weights_are_loaded_by_the_first_answer_alone(prompts: list[Prompt]) -> None:
    engine = open_engine("embedded:")
    assert isinstance(engine, EmbeddedEngine)
    assert engine.info.window == 1024
    assert engine.tokenizer.count("a b") == 2
    assert list(engine.complete([])) == []
    assert not engine.loaded
    next(iter(engine.complete(prompts[:1])))
    assert engine.loaded
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        next(iter(engine.complete(prompts[:1])))


def test_weights_in_parts_answer_as_one_file_does(
    engine: EmbeddedEngine, prompts: list[Prompt], tmp_path: Path
) -> None:
    given = embedded_folder()
    data = b"".join(file.read_bytes() for file in ModelFolder(given, url="x").weights)
    shutil.copytree(given, tmp_path / "cut", ignore=shutil.ignore_patterns("model.bin*"))
    for n, at in enumerate(range(0, len(data), 20_000_000), 1):
        (tmp_path / "cut" / f"model.bin.part{n}").write_bytes(data[at : at + 20_000_000])
    cut_up = open_engine(f"embedded:{tmp_path / 'cut'}")
    try:
        for prompt, answer in answers(cut_up, prompts[:3]).items():
            assert answer.logprobs == answers(engine, [prompt])[prompt].logprobs
    finally:
        cut_up.close()


def test_a_part_cut_short_is_an_error_with_a_way_out(prompts: list[Prompt], tmp_path: Path) -> None:
    data = b"".join(file.read_bytes() for file in ModelFolder(embedded_folder(), url="x").weights)
    shutil.copytree(embedded_folder(), tmp_path / "cut", ignore=shutil.ignore_patterns("model.bin*"))
    (tmp_path / "cut" / "model.bin.part1").write_bytes(data[:20_000_000])
    short = open_engine(f"embedded:{tmp_path / 'cut'}")
    with pytest.raises(EngineError, match="cannot be loaded"):
        answers(short, prompts[:1])


def test_what_was_neutralised_is_restored_in_an_answer_that_copies_it(
    engine: EmbeddedEngine, prompts: list[Prompt]
) -> None:
    line = "TAG = '<\u2060fim_pad>'\n"  # so often that no processor's rounding makes the model say else
    text = f"<fim_prefix>{line * 10}TAG = <fim_suffix>\n{line * 2}<fim_middle>"
    copying = replace(prompts[0], text=text, stop=("\n",))
    (answer,) = answers(engine, [copying]).values()
    assert answer.text.strip() == "'<fim_pad>'"


def test_an_answer_ends_with_doubt_and_its_last_log_probability_says_so(
    prompts: list[Prompt], doubting: Path, undoubting: Path
) -> None:
    """An ordinary word stands for the token here, so that the same weights show what is cut off."""
    engine = open_engine(f"embedded:{undoubting}", jobs=2)
    assert isinstance(engine, EmbeddedEngine)
    whole = answers(engine, prompts)
    opened = open_engine(f"embedded:{doubting}", jobs=2)
    assert isinstance(opened, EmbeddedEngine)
    try:
        found = answers(opened, prompts)
        pairs = [(p.text, whole[p].text) for p in prompts[:2]]
        assert opened.score(pairs) == engine.score(pairs)
        assert opened.info.build != engine.info.build  # answers of one are not remembered as the other's
    finally:
        opened.close()
        engine.close()
    doubted = [p for p in prompts if found[p].text != whole[p].text]
    assert 2 <= len(doubted) < len(prompts)
    for prompt in prompts:
        got, without = found[prompt], whole[prompt]
        assert got.logprobs is not None
        assert without.logprobs is not None
        assert " the" not in got.text
        if prompt not in doubted:
            assert (got.finish, got.logprobs) == (without.finish, without.logprobs)
            continue
        assert got.finish == "stop"
        assert without.text.startswith(f"{got.text} the")
        *before, last = got.logprobs
        assert tuple(before) == without.logprobs[: len(before)]
        said = without.logprobs[len(before)]
        assert last == pytest.approx(math.log1p(-math.exp(said)), rel=1e-6)
        assert got.completion_tokens == len(got.logprobs)


def test_a_certain_token_leaves_the_others_a_finite_log_probability() -> None:
    assert [other(p) for p in (1e-7, 0.0, -1e-12)] == [-20.0] * 3
    assert other(math.log(0.25)) == pytest.approx(math.log(0.75), rel=1e-6)
    assert -1e-9 < other(-50.0) <= 0


def test_the_first_stop_sequence_in_the_text_counts() -> None:
    assert cut("abc", ("c", "b")) == ("a", True)
    assert cut("abc", ()) == ("abc", False)
