"""Recordings: written by one engine, read by a person or replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.cache import Cache
from bot.data import Completion, Failed, Prompt
from bot.engines import open_engine
from bot.engines.replay import RecordingEngine, ReplayEngine
from bot.errors import EngineError
from bot.ports import Scorer

if TYPE_CHECKING:
    from pathlib import Path

    from bot.engines.embedded import EmbeddedEngine


@pytest.fixture(scope="module")
def recording(
    engine: EmbeddedEngine, prompts: list[Prompt], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, list[Completion]]:
    """A folder with recorded answers and one score, and what they were."""
    folder = tmp_path_factory.mktemp("recording")
    recorder = RecordingEngine(engine, folder)
    found = [a for a in recorder.complete(prompts[:4]) if isinstance(a, Completion)]
    recorder.score([(prompts[0].text, "Yes.")])
    return folder, found


def test_a_recording_replays_what_was_answered(
    engine: EmbeddedEngine, prompts: list[Prompt], recording: tuple[Path, list[Completion]]
) -> None:
    folder, found = recording
    replay = open_engine(f"replay:{folder}")
    assert replace(replay.info, url="") == replace(engine.info, url="")
    assert replay.tokenizer.count("a b") == engine.tokenizer.count("a b")
    again = {a.prompt: a for a in replay.complete(prompts[:4]) if isinstance(a, Completion)}
    for answer in found:
        same = again[answer.prompt]
        assert (same.text, same.logprobs, same.cached) == (answer.text, answer.logprobs, False)
    assert isinstance(replay, Scorer)
    assert replay.score([(prompts[0].text, "Yes.")]) == engine.score([(prompts[0].text, "Yes.")])


def test_a_recording_from_before_tasks_were_told_can_be_opened(
    recording: tuple[Path, list[Completion]], tmp_path: Path
) -> None:
    for tasks in (None, ["tests"]):
        kept = json.loads((recording[0] / "engine.json").read_text("utf-8"))
        del kept["prompting"]["tasks"]
        kept["prompting"] |= {"tasks": tasks} if tasks else {}
        (tmp_path / "engine.json").write_text(json.dumps(kept), "utf-8")
        assert ReplayEngine(tmp_path, url="replay:x").info.prompting.tasks == tuple(tasks or ())


def test_a_prompt_that_was_never_recorded_fails_with_the_file_that_is_missing(
    prompts: list[Prompt], recording: tuple[Path, list[Completion]]
) -> None:
    replay = ReplayEngine(recording[0], url="replay:x")
    (failed,) = replay.complete([replace(prompts[0], max_tokens=7)])
    assert isinstance(failed, Failed)
    assert failed.reason == "engine"
    assert str(recording[0]) in failed.detail
    with pytest.raises(EngineError, match="no recording of this score"):
        replay.score([("a", "b")])


def test_a_person_can_read_a_recording(recording: tuple[Path, list[Completion]]) -> None:
    files = sorted((recording[0] / "completion").rglob("*.json"))
    assert len(files) == 4
    kept = json.loads(files[0].read_text("utf-8"))
    assert kept["where"]["path"] == "subprocess.py"
    assert kept["prompt"]["text"].startswith("<fim_prefix>")
    assert kept["answer"]["text"]


def test_a_folder_without_a_recording_is_an_engine_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no recording in"):
        ReplayEngine(tmp_path, url="replay:x")
    (tmp_path / "engine.json").write_text("[]")
    with pytest.raises(EngineError, match="not a recording"):
        ReplayEngine(tmp_path, url="replay:x")


def test_record_and_cache_work_together(prompts: list[Prompt], tmp_path: Path) -> None:
    """Answers from the cache are recorded too."""
    cache = Cache(tmp_path / "cache.sqlite3")
    plain = open_engine("embedded:", store=cache)
    list(plain.complete(prompts[:2]))
    plain.close()
    recorder = open_engine("embedded:", store=cache, record=tmp_path / "rec")
    assert all(isinstance(a, Completion) and a.cached for a in recorder.complete(prompts[:2]))
    replay = open_engine(f"replay:{tmp_path / 'rec'}")
    assert all(isinstance(a, Completion) for a in replay.complete(prompts[:2]))
