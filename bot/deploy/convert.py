"""Published weights into a folder for `embedded:DIR`, by CTranslate2's converter in its own process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from bot.errors import EngineError, UsageError

__all__ = ["convert"]

_COPIED = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    "codebot.json",
)

_CONVERTER = Path(__file__).with_name("converter.py")
# Run by its path, and without the folder the user stands in on the module path: what lies there is not ours.
_ALONE = (
    "import runpy, sys; sys.path[:] = [p for p in sys.path if p]; "
    "runpy.run_path(sys.argv.pop(1), run_name='__main__')"
)


def convert(model: Path, output: Path, *, quantization: str = "int8", force: bool = False) -> Path:
    """Convert a Hugging Face folder, whole or not at all, and return `output`.

    Raises:
        UsageError: `model` lacks something, or `output` is there already.
        EngineError: torch and transformers are missing, or the converter failed.
    """
    if not (model / "config.json").is_file():
        raise UsageError(f"{model} holds no config.json", hint="name a folder as published on the hub")
    if not (model / "tokenizer.json").is_file():
        hint = "AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR) writes that of a fast tokenizer"
        raise UsageError(f"{model} holds no tokenizer.json", hint=hint)
    if output.exists() and not force:
        raise UsageError(f"{output} exists already", hint="name another folder with --output, or use --force")
    if missing := [name for name in ("torch", "transformers") if find_spec(name) is None]:
        raise EngineError(f"converting needs {' and '.join(missing)}", hint="pip install 'codebot[convert]'")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as temporary:
        part = Path(temporary, "model")
        command = [
            *(sys.executable, "-c", _ALONE, str(_CONVERTER), "--model", str(model)),
            *("--output_dir", str(part), "--quantization", quantization, "--low_cpu_mem_usage"),
            *("--copy_files", *[name for name in _COPIED if (model / name).is_file()]),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HUB_OFFLINE": "1"}
        )
        if done.returncode or not (part / "model.bin").is_file():
            tail = "\n".join(done.stderr.splitlines()[-8:])
            raise EngineError(f"{model} cannot be converted:\n{tail}")
        if not (part / "codebot.json").exists() and (window := _window(model)):
            (part / "codebot.json").write_text(json.dumps({"window": window}) + "\n", "utf-8")
        if output.exists():
            shutil.rmtree(output)
        part.rename(output)
    return output


def _window(model: Path) -> int:
    """Return how many positions the model has by its configuration, which is not converted; 0: unknown.

    StarCoder2 attends through a sliding window, and what is converted does not slide.
    """
    config = json.loads((model / "config.json").read_text("utf-8"))
    keys = ["max_position_embeddings", "n_positions"]
    keys += ["sliding_window"] if config.get("model_type") == "starcoder2" else []
    return min((v for key in keys if isinstance(v := config.get(key), int) and v > 0), default=0)
