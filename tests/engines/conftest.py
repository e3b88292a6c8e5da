"""The real embedded model, and prompts made of the standard library."""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.chunk.symbols import symbols
from bot.data import Change, Chunk, Prompt
from bot.engines import open_engine
from bot.engines.embedded import EmbeddedEngine
from bot.engines.folder import ModelFolder, embedded_folder
from bot.prompt.build import build
from bot.prompt.template import wording_for

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def engine() -> Iterator[EmbeddedEngine]:
    """The packaged model, loaded when first asked."""
    opened = open_engine("embedded:", jobs=2)
    assert isinstance(opened, EmbeddedEngine)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def prompts(engine: EmbeddedEngine) -> list[Prompt]:
    """Summaries wanted for the first functions of `subprocess`."""
    source = Path(inspect.getsourcefile(subprocess) or "").read_bytes()
    change = Change("subprocess.py", source, source)
    wording = wording_for("docstring", engine.info)
    found = []
    for s in symbols("python", source)[1:13]:
        chunk = Chunk(change, "python", "function", s.start, s.end, s.start_line, s.end_line, s)
        prompt = build(
            chunk, "docstring", "summary", (), engine.info, engine.tokenizer, wording=wording, max_tokens=64
        )
        assert isinstance(prompt, Prompt)
        found.append(prompt)
    return found


def _told(folder: Path, doubt: str) -> Path:
    shutil.copytree(embedded_folder(), folder, ignore=shutil.ignore_patterns("model.bin*", "*.py"))
    for part in ModelFolder(embedded_folder(), url="x").weights:
        (folder / part.name).symlink_to(part)
    own = json.loads((folder / "codebot.json").read_text("utf-8"))
    (folder / "codebot.json").write_text(json.dumps({**own, "doubt": doubt}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def doubting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model's folder, told that it doubts what it ends with " the": it often says that."""
    return _told(tmp_path_factory.mktemp("doubting") / "model", "Ġthe")


@pytest.fixture(scope="module")
def undoubting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged model's folder, told of no token of doubt."""
    return _told(tmp_path_factory.mktemp("undoubting") / "model", "")
