"""A small pipeline up to packed rows.

Training needs torch and transformers: those of CODEBOT_TEST_CONVERT_PYTHON, or of this interpreter.
"""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from tests.torch_python import torch_python
from tests.training.steps import step

NEEDED = ("torch", "transformers", "ctranslate2", "safetensors", "click", "numpy")
PACKAGES = ("email", "json", "logging", "unittest", "importlib")  # of Python's own library
SETTINGS = """
[prepare]
folder = "given"
[items]
jobs = 1
[start]
text = ["sources/*.json"]
vocabulary = 1024
layers = 2
width = 64
heads = 4
inner = 128
length = 512
[examples]
output = "examples/all.jsonl.gz"
jobs = 1
[pack]
length = 512
jobs = 1
held_out = "held.txt"
validation = 0.0
[train]
steps = 24
rows = 8
at_once = 4
rate = 4e-3
dropout = 0.1
log_every = 4
validate_every = 8
validation_rows = 8
average_from = 0.3
samples = 1
save_every = 0.0
best = ["summary"]
[export]
window = 512
limits = [160, 224]
part = 100000
prompts = 10
"""


@pytest.fixture(scope="session")
def python() -> str:
    """An interpreter that can train."""
    return torch_python(NEEDED)


@pytest.fixture(scope="session")
def work(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything up to packed rows."""
    work = tmp_path_factory.mktemp("training")
    (work / "config.toml").write_text(SETTINGS, "utf-8")
    (work / "held.txt").write_text("logging\n", "utf-8")
    (work / "given").mkdir()
    for name in PACKAGES:
        (work / "given" / name).symlink_to(Path(sysconfig.get_path("stdlib"), name))
    assert step(sys.executable, work, "prepare")["projects"] == len(PACKAGES)
    assert step(python, work, "start")["vocabulary"] == 1024
    assert step(sys.executable, work, "items")["items"] > 50
    assert step(sys.executable, work, "examples")["examples"]["summary"] > 20
    packed = step(sys.executable, work, "pack")
    assert packed["sets"]["validation-summary"]["documents"] > 5
    return work
