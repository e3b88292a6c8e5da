"""Building an engine: the real flags, the releases that have the path, and a build that goes on."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bot.deploy.build import Build, check, plan, run, shown
from bot.deploy.container import docker, release
from bot.errors import EngineError, UsageError

RECORDER = """#!{python}
import json, os, sys
name = os.path.basename(sys.argv[0])
words = sys.argv[1:]
if words[0].endswith(".py"):
    name = os.path.basename(words.pop(0))
with open(os.environ["RECORD"], "a") as record:
    record.write(json.dumps([name, *words]) + "\\n")
if os.environ.get("FAIL") == name:
    sys.exit("out of memory")
folder = words[words.index("--output_dir") + 1]
with open(os.path.join(folder, "config.json"), "w") as file:
    file.write("{{}}")
"""


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand-ins for python3 and trtllm-build on PATH that write down what they were asked."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("python3", "trtllm-build"):
        (tools / name).write_text(RECORDER.format(python=sys.executable), "utf-8")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    return tmp_path / "record"


def names(record: Path) -> list[str]:
    return [json.loads(line)[0] for line in record.read_text("utf-8").splitlines()]


def test_starcoder_is_built_as_the_tutorial_does() -> None:
    """Convert, then build: packed input, paged KV cache with reuse, plugins chosen by the tool."""
    convert, build = shown(plan(Build(Path("/m"), Path("/o"), tp_size=2, quantization="int8"))).splitlines()
    assert (
        "convert_checkpoint.py --model_dir /m --gpt_variant starcoder --dtype float16 --tp_size 2" in convert
    )
    assert "--workers 2 --use_weight_only --weight_only_precision int8 --output_dir /o/checkpoint" in convert
    assert "--gemm_plugin auto --gpt_attention_plugin auto --remove_input_padding enable" in build
    assert "--kv_cache_type paged --use_paged_context_fmha enable" in build
    assert "--max_seq_len 8192" in build


def test_a_build_goes_on_where_it_ended(
    tmp_path: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed step is repeated, a done one is not, a changed one is."""
    steps = plan(Build(tmp_path / "m", tmp_path / "o"))
    monkeypatch.setenv("FAIL", "trtllm-build")
    with pytest.raises(EngineError, match="out of memory"):
        run(steps, tell=lambda _: None)
    monkeypatch.delenv("FAIL")
    run(steps, tell=lambda _: None)
    run(steps, tell=lambda _: None)
    assert names(record) == ["convert_checkpoint.py", "trtllm-build", "trtllm-build"]
    run(plan(Build(tmp_path / "m", tmp_path / "o", max_batch_size=8)), tell=lambda _: None)
    assert names(record)[3:] == ["trtllm-build"]


def test_a_missing_tool_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TensorRT-LLM nothing is half done."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match="python3 is not on PATH"):
        run(plan(Build(tmp_path / "m", tmp_path / "o")), tell=lambda _: None)
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"release": "1.3.0"}, "no engine path"),
        ({"family": "starcoder", "quantization": "fp8"}, "no fp8"),
        ({"family": "starcoder2", "quantization": "int4_awq"}, "no int4_awq"),
        ({"family": "llama"}, "unknown family"),
        ({"max_input_len": 8192}, "no room"),
    ],
)
def test_what_a_release_cannot_do_is_refused(change: dict[str, object], word: str) -> None:
    """Before hours of building, not after."""
    with pytest.raises(UsageError, match=word):
        plan(replace(Build(Path("/m"), Path("/o")), **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tool", "word"),
    [
        ("trtllm-build --use_inflight_batching", "no flag --use_inflight_batching"),
        ("trtllm-build --kv_cache_type ragged", "expected continuous, paged, disabled"),
        ("trtllm-build --max_batch_size", "needs a value"),
        ("python3 convert_checkpoint.py --gpt_variant starcoder3", "expected gpt2"),
        ("rm -rf /", "not one of"),
    ],
)
def test_only_real_flags_pass(tool: str, word: str) -> None:
    """The flags of 0.7 tutorials are not those of today."""
    with pytest.raises(UsageError, match=word):
        check(tool.split())


def test_the_container_gets_what_the_repository_names(tmp_path: Path) -> None:
    """Engine and tokenizer are mounted where the rendering looks for them; ports are at our address."""
    (tmp_path / "codebot-render.json").write_text('{"engine_dir": "/e", "tokenizer_dir": "/t"}', "utf-8")
    argv = docker("tensorrt", tmp_path, ports=(8000, 8001, 8002), gpus="device=0")
    line = " ".join(argv)
    assert "--gpus device=0" in line
    assert "-v /e:/e:ro -v /t:/t:ro" in line
    assert "-p 127.0.0.1:8001:8001" in line
    assert "--shm-size" in line
    many = docker("tensorrt", tmp_path, ports=(8000, 8001, 8002), world_size=4)
    assert "launch_triton_server.py --world_size=4" in many[-1]
    with pytest.raises(UsageError, match="no TensorRT engine path"):
        docker(
            "tensorrt", tmp_path, ports=(1, 2, 3), image="nvcr.io/nvidia/tritonserver:26.08-trtllm-python-py3"
        )
    with pytest.raises(UsageError, match="fixed ports"):
        docker("tensorrt", tmp_path, ports=(0, 0, 0))
    assert release("a/b:26.07-py3") == (26, 7)
    assert release("a/b:latest") is None
