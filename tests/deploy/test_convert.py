"""Models converted for the CPU: they answer alike in process and in Triton, and as the model they were.

Converting needs torch and transformers: those of CODEBOT_TEST_CONVERT_PYTHON, or of this interpreter.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Chunk, Completion, Prompt
from bot.deploy.serve import running
from bot.engines import open_engine
from bot.engines.embedded import EmbeddedEngine
from tests.torch_python import torch_python
from tests.triton import binary_or_skip, render_embedded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.ports import Engine

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("CODEBOT_TEST_SHARED", ROOT.parent / "shared"))
NEEDED = ("torch", "transformers", "ctranslate2", "click")
TOKENS = 24
ASKED = [
    f'<fim_prefix>{head}\n    """<fim_suffix>"""\n    {body}<fim_middle>'
    for head, body in [
        ("def f(x):", "return x + 1"),
        ("def load_config(path):", "with open(path) as file:\n        return json.load(file)"),
        ("def is_empty(self):", "return len(self._items) == 0"),
        ("def mean(values):", "return sum(values) / len(values)"),
        (
            "def remove_prefix(text, prefix):",
            "return text[len(prefix):] if text.startswith(prefix) else text",
        ),
        ("async def close(self):", "await self._session.close()\n    self._session = None"),
    ]
]
STARCODER2 = """
import json, sys, torch, transformers
torch.manual_seed(7)
config = transformers.Starcoder2Config(
    vocab_size=49152, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=512, sliding_window=256, bos_token_id=0, eos_token_id=0,
    initializer_range=0.3,
)
model = transformers.Starcoder2ForCausalLM(config).eval()
model.save_pretrained(sys.argv[1])
rows = json.load(sys.stdin)
with torch.no_grad():
    for row in rows:
        found = model(torch.tensor([row])).logits[0].log_softmax(-1)
        print(json.dumps([found[at, token].item() for at, token in enumerate(row[1:])]))
"""


@pytest.fixture(scope="module")
def python() -> str:
    """An interpreter that can convert."""
    return torch_python(NEEDED)


def ran(command: Sequence[str], given: str = "") -> str:
    """Run a command in the folder of the sources, and return what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def fetched(python: str, model: Path, *flags: str) -> Path:
    """Convert as a user would, and return the folder that the command names."""
    said = ran([python, "-m", "bot", "engine", "fetch", str(model), "--cpu", *flags])
    return Path(said.strip().rpartition("embedded:")[2])


def prompt(text: str) -> Prompt:
    change = Change("a.py", b"", b"")
    return Prompt(
        Chunk(change, "python", "function", 0, 0, 1, 1), "docstring", "summary", text, "fim", 0, TOKENS
    )


def answers(engine: Engine) -> list[tuple[str, str, int]]:
    """Answer all that is asked, in order; nothing may fail."""
    found: dict[str, tuple[str, str, int]] = {}
    for each in engine.complete(map(prompt, ASKED)):
        assert isinstance(each, Completion), each
        found[each.prompt.text] = (each.text, each.finish, each.completion_tokens)
    return [found[text] for text in ASKED]


def in_process(url: str) -> list[tuple[str, str, int]]:
    engine = open_engine(url)
    try:
        return answers(engine)
    finally:
        engine.close()


def served(model: Path, repository: Path) -> list[tuple[str, str, int]]:
    """Answer through the embedded profile of a real Triton, over both of its protocols."""
    binary_or_skip()
    pytest.importorskip("tritonclient", reason="the triton extra is not installed")
    place = {"tokenizer_dir": str(model), "engine_dir": str(model), "model_name": "converted"}
    with running(repository=render_embedded(repository, **place)) as server:
        grpc = in_process(f"triton+grpc://{server.grpc_url}/ensemble")
        assert in_process(f"triton+http://{server.http_url.partition('//')[2]}/tensorrt_llm_bls") == grpc
        return grpc


@pytest.fixture(scope="module")
def converted(python: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small StarCoder that is published in both forms, converted once more."""
    source = SHARED / "mini-model"
    if not (source / "hf" / "model.safetensors").is_file():
        pytest.skip(f"no published weights at {source}")
    model = tmp_path_factory.mktemp("published") / "hf"
    shutil.copytree(source / "hf", model, copy_function=shutil.copy)
    model.chmod(0o755)
    shutil.copy(source / "ct2" / "tokenizer.json", model)
    return fetched(python, model)


@pytest.fixture(scope="module")
def starcoder2(python: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[float]]]:
    """A random StarCoder2 as it would be published, and how likely it finds what is asked."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - only where it runs

    file = SHARED / "tokenizers" / "starcoder2" / "tokenizer.json"
    if not file.is_file():
        pytest.skip(f"no StarCoder2 tokenizer at {file}")
    model = tmp_path_factory.mktemp("starcoder2") / "tiny"
    rows = [Tokenizer.from_file(str(file)).encode(text).ids for text in ASKED]
    printed = ran([python, "-c", STARCODER2, str(model)], json.dumps(rows))
    shutil.copy(file, model)
    end = "<|endoftext|>"
    config = {"tokenizer_class": "GPT2Tokenizer", "bos_token": end, "eos_token": end, "unk_token": end}
    (model / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    return model, [json.loads(line) for line in printed.splitlines()]


def test_a_model_can_be_converted_again_from_its_published_weights(converted: Path) -> None:
    """Answers are those of its publisher's own conversion, at most one excepted: rounding may differ."""
    ours, theirs = (
        in_process(f"embedded:{converted}"),
        in_process(f"embedded:{SHARED / 'mini-model' / 'ct2'}"),
    )
    assert all(text.strip() for text, *_ in theirs)
    equal = sum(here == there for here, there in zip(ours, theirs, strict=True))
    assert equal >= len(ASKED) - 1, list(zip(ours, theirs, strict=True))
    assert json.loads((converted / "codebot.json").read_text("utf-8")) == {"window": 1024}


def test_a_converted_model_answers_in_triton_as_in_process(converted: Path, tmp_path: Path) -> None:
    """The folder serves both."""
    assert served(converted, tmp_path / "repository") == in_process(f"embedded:{converted}")


def test_a_starcoder2_answers_in_triton_as_in_process(
    python: str, starcoder2: tuple[Path, list[list[float]]], tmp_path: Path
) -> None:
    """A second model, of another architecture and tokenizer, goes the same way."""
    model = fetched(python, starcoder2[0], "--output", str(tmp_path / "int8"))
    here = in_process(f"embedded:{model}")
    assert len({text for text, *_ in here}) > 1
    assert served(model, tmp_path / "repository") == here


def test_a_converted_starcoder2_finds_likely_what_it_found_likely(
    python: str, starcoder2: tuple[Path, list[list[float]]], tmp_path: Path
) -> None:
    """CTranslate2 does not know this architecture, we do: unquantised, log-probabilities are the same."""
    from ctranslate2 import Generator  # noqa: PLC0415 - only where it runs

    folder, expected = starcoder2
    model = fetched(python, folder, "--output", str(tmp_path / "float"), "--quantization", "float32")
    engine = open_engine(f"embedded:{model}")
    assert isinstance(engine, EmbeddedEngine)
    tokens = [engine.tokenizer.encode(text) for text in ASKED]
    window = engine.info.window
    engine.close()
    found = Generator(str(model), "cpu").score_batch(tokens, max_input_length=0)
    for row, wanted in zip(found, expected, strict=True):
        assert row.log_probs == pytest.approx(wanted, abs=1e-3)
    assert window == 256  # its sliding window: what is converted does not slide
