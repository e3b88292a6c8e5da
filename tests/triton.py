"""A real Triton server with the embedded profile, started once for each test process that wants it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.deploy.render import render
from bot.deploy.serve import Server, running
from bot.deploy.settings import settings_for
from bot.deploy.triton import find
from bot.engines.folder import embedded_folder
from bot.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator


def binary_or_skip() -> None:
    """Skip the test where no Triton server can run, saying why."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            find(Path(folder))
    except EngineError as error:
        pytest.skip(f"no Triton server: {error}")


def render_embedded(target: Path, **values: object) -> Path:
    """Render the embedded profile with the packaged model; `values` are parameters."""
    model = str(embedded_folder())
    defaults: dict[str, object] = {"tokenizer_dir": model, "engine_dir": model, "model_name": "embedded"}
    return render(settings_for("embedded", **{**defaults, **values}), target)


@pytest.fixture(scope="session")
def triton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running server; its answers are those of `embedded:`."""
    binary_or_skip()
    repository = render_embedded(tmp_path_factory.mktemp("triton") / "repository")
    with running("embedded", repository=repository) as server:
        yield server
