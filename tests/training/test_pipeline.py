"""From a folder of sources to an answer of the embedded engine, with models that know next to nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Chunk, Completion, Prompt
from bot.engines import open_engine
from tests.training.steps import ALONE, ROOT, command, killed, step

if TYPE_CHECKING:
    from pathlib import Path


def test_a_killed_run_goes_on_and_its_model_answers_in_the_engine(python: str, work: Path) -> None:
    """Trained, killed, trained to the end, exported in parts, loaded, asked."""
    run = work / "run"
    killed(python, work, "train", run / "checkpoint.pt")
    done = step(python, work, "train")
    assert (done["run"], done["steps"]) == ("finished", 24)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text("utf-8").splitlines()]
    assert [r["step"] for r in log if "loss" in r] == [4, 8, 12, 16, 20, 24]  # none twice, none missing
    losses = [r["validation"]["summary"] for r in log if "validation" in r]
    assert losses[-1] < losses[0]
    assert done["best"] == pytest.approx(min(losses), abs=1e-3)
    assert "<polyline" in (run / "losses.svg").read_text("utf-8")

    exported = step(python, work, "export")
    assert exported["tokens_agree"] >= 0.9
    folder = work / "export" / "1"
    assert {"model.bin.part1", "model.bin.part2", "codebot.json"} <= set(exported["files"])
    assert max(size for name, size in exported["files"].items() if "part" in name) <= 100_000
    for line in (work / "export" / "SHA256SUMS").read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest

    engine = open_engine(f"embedded:{folder}")
    try:
        text = '<fim_prefix>def f(x):\n    """<fim_suffix>"""\n    return x<fim_middle>'
        chunk = Chunk(Change("a.py", b"", b""), "python", "function", 0, 0, 1, 1)
        (answer,) = engine.complete([Prompt(chunk, "docstring", "summary", text, "fim", 0, 8)])
        assert isinstance(answer, Completion), answer
        assert (engine.info.model, engine.info.window) == ("codebot-embedded-2", 512)
        assert answer.completion_tokens
    finally:
        engine.close()


LLAMA = """
import sys, torch, transformers
torch.manual_seed(3)
config = transformers.LlamaConfig(
    vocab_size=int(sys.argv[2]), hidden_size=32, intermediate_size=64, num_hidden_layers=5,
    num_attention_heads=4, num_key_value_heads=2,
    tie_word_embeddings=True, initializer_range=0.3, bos_token_id=0, eos_token_id=0,
)
transformers.LlamaForCausalLM(config).save_pretrained(sys.argv[1])
"""
ROWS = """
import sys, json, torch
from safetensors.torch import load_file
old, new = (load_file(f"{folder}/model.safetensors") for folder in sys.argv[1:])
spelt = [json.load(open(f"{folder}/tokenizer.json"))["model"]["vocab"] for folder in sys.argv[1:]]
name = "model.embed_tokens.weight"
for token, n in spelt[1].items():
    assert torch.equal(old[name][spelt[0][token]].half(), new[name][n]), token
last = "layers.{}.mlp.up_proj.weight"
assert torch.equal(old["model." + last.format(4)].half(), new["model." + last.format(2)])
"""


def test_a_llama_is_cut_to_fewer_layers_and_tokens_that_keep_their_rows(python: str, work: Path) -> None:
    """The first and the last layer stay, and the result trains and is exported as well."""
    source = work / "llama"
    words = json.loads((work / "start" / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    subprocess.run([python, "-c", LLAMA, str(source), str(len(words))], check=True, capture_output=True)
    shutil.copy(work / "start" / "tokenizer.json", source)
    cut = ("start.source=llama", "start.output=cut", "start.layers=3", "start.vocabulary=640")
    done = step(python, work, "start", *cut)
    assert (done["layers"][0], done["layers"][-1], len(done["layers"])) == (0, 4, 3)
    assert done["vocabulary"] == 640
    assert 0.5 < done["uses_kept"] < 1
    subprocess.run([python, "-c", ROWS, str(source), str(work / "cut")], check=True)
    step(sys.executable, work, "pack", "pack.tokenizer=cut/tokenizer.json", "pack.output=other")
    run = ("train.start=cut", "train.data=other", "train.output=other-run", "train.steps=4")
    assert step(python, work, "train", *run)["run"] == "finished"
    out = ("export.model=other-run/best", "export.data=other", "export.output=other-export")
    exact = ("export.quantization=float32", "export.doubt=<empty_output>")
    assert step(python, work, "export", *out, *exact)["tokens_agree"] == 1
    own = json.loads((work / "other-export" / "1" / "codebot.json").read_text("utf-8"))
    assert own["doubt"] == "<empty_output>"


def test_a_teacher_is_asked_once_about_each_item(python: str, work: Path) -> None:
    """A teacher of random weights seldom ends its line; what it ended is not asked again."""
    source = work / "teacher"
    words = json.loads((work / "start" / "tokenizer.json").read_text("utf-8"))["model"]["vocab"]
    subprocess.run([python, "-c", LLAMA, str(source), str(len(words))], check=True, capture_output=True)
    shutil.copy(work / "start" / "tokenizer.json", source)
    end = "<|endoftext|>"
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": end, "pad_token": "<fim_pad>"}
    told["chat_template"] = (
        "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant: "
    )
    (source / "tokenizer_config.json").write_text(json.dumps(told), "utf-8")
    with gzip.open(work / "items.jsonl.gz", "rt") as given, gzip.open(work / "few.jsonl.gz", "wt") as few:
        few.writelines(list(given)[:12])
    flags = (f"teach.model={source}", "teach.items=few.jsonl.gz", "teach.longest=9000", "teach.rows=4")
    first = step(python, work, "teach", *flags)
    assert (first["asked"], first["already"]) == (12, 0)
    again = step(python, work, "teach", *flags)
    assert (again["asked"], again["already"]) == (12 - first["finished"], first["finished"])


def test_a_run_can_pause_and_will_not_go_on_with_other_settings(python: str, work: Path) -> None:
    paused = step(python, work, "train", "train.output=paused", "train.pause_after=0.00001")
    assert paused["run"] == "paused"
    assert paused["steps"] < paused["planned_steps"]
    other = command(python, work, "train", "train.output=paused", "train.rate=1e-3")
    done = subprocess.run(other, cwd=ROOT, env=ALONE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "begun with another rate" in done.stderr
