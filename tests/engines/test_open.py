"""Opening engines by URL."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.engines import open_engine
from bot.engines.folder import embedded_folder
from bot.errors import EngineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("url", ["", "gpt", "http://localhost", "embeded:", "replay:", "C:\\models"])
def test_an_unknown_engine_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError):
        open_engine(url)


@pytest.mark.parametrize("option", ["window=x", "window=0", "form=poem", "temperature=1", "window"])
def test_a_wrong_option_is_a_usage_error(option: str) -> None:
    with pytest.raises(UsageError):
        open_engine(f"embedded:{embedded_folder()}?{option}")


def test_options_override_what_the_files_say() -> None:
    assert open_engine(f"embedded:{embedded_folder()}?window=500&form=fim").info.window == 500


def test_a_folder_without_a_model_is_an_engine_error(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"model\.bin"):
        open_engine(f"embedded:{tmp_path}")


def test_describing_the_engine_imports_neither_runtime_nor_tokenizer() -> None:
    code = (
        "import sys; from bot.engines import open_engine; open_engine('embedded:').info;"
        "print([m for m in ('ctranslate2', 'tokenizers', 'numpy', 'jinja2') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_answering_writes_nothing_to_the_terminal() -> None:
    """The runtime would warn that half-precision int8 runs as int8."""
    code = (
        "from bot.engines import open_engine; e = open_engine('embedded:');"
        "print(len(e.score([('<fim_prefix>x<fim_suffix>y<fim_middle>', 'z')])))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (shown.stdout.strip(), shown.stderr) == ("1", "")
