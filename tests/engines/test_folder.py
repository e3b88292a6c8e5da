"""Model folders: what their files say, and what is missing from them."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from bot.cache import Cache
from bot.engines.folder import ModelFolder, embedded_folder
from bot.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A copy of the packaged model without its own settings."""
    copy = tmp_path / "model"
    shutil.copytree(embedded_folder(), copy, ignore=shutil.ignore_patterns("codebot.json", "model.bin*"))
    with (copy / "model.bin").open("wb") as whole:
        for part in ModelFolder(embedded_folder(), url="x").weights:
            whole.write(part.read_bytes())
    return copy


def configure(model: Path, **config: Any) -> ModelFolder:  # noqa: ANN401
    (model / "tokenizer_config.json").write_text(json.dumps(config))
    return ModelFolder(model, url="embedded:x")


def test_the_packaged_model_says_what_it_speaks_and_how_it_is_asked() -> None:
    info = ModelFolder(embedded_folder(), url="embedded:").info
    assert (info.family, info.window, info.chat, info.logprobs) == ("starcoder", 1024, False, True)
    assert info.languages == frozenset({"python"})
    assert info.prompting.fim_limits == (320, 448)
    assert info.prompting.tasks == ()
    assert info.build.startswith("sha256:")


def test_a_model_says_what_else_it_was_trained_for(model: Path) -> None:
    for text, tasks in (("{}", ()), ('{"fim_limits": [3, 4]}', ()), ('{"tasks": ["tests"]}', ("tests",))):
        (model / "codebot.json").write_text(text)
        assert ModelFolder(model, url="x").info.prompting.tasks == tasks
    (model / "codebot.json").write_text('{"tasks": "tests"}')
    with pytest.raises(EngineError, match="tasks is no list of names"):
        _ = ModelFolder(model, url="x").info


def test_another_folder_is_described_by_its_tokenizer(model: Path) -> None:
    info = configure(model, model_max_length=1e30).info
    assert (info.model, info.window, info.languages) == ("model", 8192, None)
    assert configure(model, model_max_length=4096).info.window == 4096
    assert ModelFolder(model, url="x", window=512).info.window == 512


def test_a_chat_template_makes_it_a_chat_model_unless_told_otherwise(model: Path) -> None:
    folder = configure(model, chat_template="{{ messages }}", bos_token={"content": "<s>"}, eos_token="</s>")  # noqa: S106 - a token of text
    assert folder.info.chat
    assert (folder.info.prompting.bos, folder.info.prompting.eos) == ("<s>", "</s>")
    assert not ModelFolder(model, url="x", form="fim").info.chat
    named = [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]
    assert configure(model, chat_template=named).info.prompting.chat_template == "d"
    (model / "tokenizer_config.json").unlink()
    (model / "chat_template.jinja").write_text("j")
    assert ModelFolder(model, url="x").info.prompting.chat_template == "j"


def test_a_chat_without_a_template_is_an_error(model: Path) -> None:
    with pytest.raises(EngineError, match="no chat template"):
        _ = ModelFolder(model, url="x", form="chat").info


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json"])
def test_a_missing_file_is_named_with_a_way_out(model: Path, name: str) -> None:
    (model / name).unlink()
    with pytest.raises(EngineError, match=name) as caught:
        ModelFolder(model, url="x")
    assert caught.value.hint


def test_a_folder_that_is_not_there_is_an_engine_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no model folder"):
        ModelFolder(tmp_path / "none", url="x")


def test_a_tokenizer_of_another_model_is_found_out(model: Path) -> None:
    words = json.loads((model / "vocabulary.json").read_text("utf-8"))
    words[300], words[301] = words[301], words[300]
    (model / "vocabulary.json").write_text(json.dumps(words))
    with pytest.raises(EngineError, match="not this model's"):
        ModelFolder(model, url="x").check_vocabulary()


def test_the_build_changes_with_the_weights_and_is_remembered(model: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache.sqlite3")
    first = ModelFolder(model, url="x", store=cache).info.build
    assert cache.info().entries == {"build": 1}
    assert ModelFolder(model, url="y", store=cache).info.build == first
    with (model / "model.bin").open("ab") as stream:
        stream.write(b"x")
    assert ModelFolder(model, url="x", store=cache).info.build != first


def split(model: Path, size: int) -> None:
    """Put parts of `size` bytes in the place of the weights."""
    data = (model / "model.bin").read_bytes()
    for n in range(0, len(data), size):
        (model / f"model.bin.part{n // size + 1}").write_bytes(data[n : n + size])
    (model / "model.bin").unlink()


def test_weights_in_parts_are_the_same_model(model: Path) -> None:
    """The answers of both are held equal where engines are tested; here, what names the model."""
    whole = ModelFolder(model, url="x").info.build
    assert ModelFolder(model, url="x").assembled() is None
    split(model, 8_000_000)  # eleven: part10 comes after part9
    parts = ModelFolder(model, url="x")
    assert parts.info.build == whole
    assert len(parts.weights) == 11


def test_a_part_that_is_missing_or_too_many_is_named(model: Path) -> None:
    whole = (model / "model.bin").read_bytes()
    split(model, 20_000_000)
    (model / "model.bin").write_bytes(whole)
    with pytest.raises(EngineError, match="and parts of one"):
        ModelFolder(model, url="x")
    (model / "model.bin").unlink()
    (model / "model.bin.part2").unlink()
    with pytest.raises(EngineError, match="part2"):
        ModelFolder(model, url="x")


def test_an_unknown_setting_of_a_model_is_named(model: Path) -> None:
    (model / "codebot.json").write_text('{"windows": 3}')
    with pytest.raises(EngineError, match="windows"):
        _ = ModelFolder(model, url="x").info


def test_a_token_of_doubt_is_told_and_makes_it_another_build(model: Path) -> None:
    plain = ModelFolder(model, url="x")
    assert plain.doubt == ""
    build = plain.info.build
    (model / "codebot.json").write_text('{"doubt": "<empty_output>"}')
    doubting = ModelFolder(model, url="x")
    doubting.check_vocabulary()
    assert doubting.doubt == "<empty_output>"
    assert doubting.info.build != build


@pytest.mark.parametrize("spelling", ["<doubt>", "two words", "<|endoftext|>"])
def test_what_cannot_be_a_token_of_doubt_is_named_before_weights_are_loaded(
    model: Path, spelling: str
) -> None:
    (model / "codebot.json").write_text(json.dumps({"doubt": spelling}))
    with pytest.raises(EngineError, match=re.escape(f"doubt is {spelling!r}")) as caught:
        ModelFolder(model, url="x").check_vocabulary()
    assert caught.value.hint
