"""`codebot engine`: fetch or convert a model, build its TensorRT-LLM engine, render its Triton repository."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.deploy.settings import Profile

__all__ = ["command"]

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(name="engine")
def command() -> None:
    """Fetch or convert a model, build its engine, render its Triton repository.

    \b
    codebot engine fetch bigcode/starcoder               weights and tokenizer, revision pinned
    codebot engine fetch DIR-or-NAME --cpu               converted to int8, for embedded:DIR
    codebot engine build DIR --family starcoder          convert_checkpoint.py, then trtllm-build
    codebot engine render OUT --profile tensorrt --model ENGINE --tokenizer DIR
    """


@command.command(name="render")
@click.argument("output", type=_FOLDER)
@click.option("--profile", type=click.Choice(["embedded", "vllm", "tensorrt", "llmapi"]), required=True)
@click.option(
    "--model", metavar="DIR", help="Engine or model folder; default for embedded: the packaged model."
)
@click.option("--tokenizer", metavar="DIR", help="Folder with tokenizer.json; default: the model's.")
@click.option(
    "--set", "pairs", metavar="NAME=VALUE", multiple=True, help="A parameter; an empty VALUE unsets it."
)
@click.option("--force", is_flag=True, help="Replace OUTPUT whatever it holds.")
def render(
    *,
    output: Path,
    profile: Profile,
    model: str | None,
    tokenizer: str | None,
    pairs: tuple[str, ...],
    force: bool,
) -> int:
    """Fill the model repository's templates into OUTPUT."""
    from bot.commands.serve import settings  # noqa: PLC0415 - keeps `--help` light
    from bot.deploy.render import render as write  # noqa: PLC0415 - likewise

    write(settings(profile, model, tokenizer, pairs), output, force=force)
    click.echo(f"codebot: {profile} repository in {output}; serve it: codebot serve --repository {output}")
    return 0


@command.command(name="build")
@click.argument("model", type=_FOLDER)
@click.option("--output", type=_FOLDER, help="Gets checkpoint/ and engine/; default: MODEL-engine.")
@click.option(
    "--family", type=click.Choice(["starcoder", "starcoder2"]), default="starcoder", show_default=True
)
@click.option(
    "--dtype",
    type=click.Choice(["float16", "bfloat16", "float32", "auto"]),
    default="float16",
    show_default=True,
)
@click.option("--tp-size", type=click.IntRange(1), default=1, show_default=True, help="Tensor parallelism.")
@click.option("--pp-size", type=click.IntRange(1), default=1, show_default=True, help="Pipeline parallelism.")
@click.option("--workers", type=click.IntRange(1), help="Default: one for each rank.")
@click.option("--quantization", type=click.Choice(["int8", "int4", "fp8"]), help="Of the weights.")
@click.option("--int8-kv-cache", is_flag=True)
@click.option("--max-batch-size", type=click.IntRange(1), default=64, show_default=True)
@click.option("--max-input-len", type=click.IntRange(1), default=4096, show_default=True, help="Tokens.")
@click.option(
    "--max-seq-len", type=click.IntRange(2), help="Tokens, prompt and answer; default: the model's."
)
@click.option("--max-num-tokens", type=click.IntRange(1), default=8192, show_default=True)
@click.option("--release", default="1.2.1", show_default=True, help="Of TensorRT-LLM.")
@click.option(
    "--source", type=_FOLDER, default=Path("/app"), show_default=True, help="Where its examples/ lie."
)
@click.option("--image", help="Run the steps in this container; `pinned` is the one `serve` uses.")
@click.option("--dry-run", is_flag=True, help="Print the commands, run nothing.")
def build(*, model: Path, output: Path | None, image: str | None, dry_run: bool, **options: Any) -> int:  # noqa: ANN401 - the options above
    """Convert MODEL's weights and build a TensorRT-LLM engine; a rerun goes on where the last one ended."""
    from bot.deploy.build import Build, plan, run, shown  # noqa: PLC0415 - keeps `--help` light
    from bot.deploy.container import IMAGES  # noqa: PLC0415 - likewise

    target = output or model.with_name(f"{model.name}-engine")
    steps = plan(
        Build(model=model, output=target, image=IMAGES["tensorrt"] if image == "pinned" else image, **options)
    )
    if dry_run:
        click.echo(shown(steps))
        return 0
    run(steps, tell=lambda line: click.echo(f"codebot: {line}", err=True))
    click.echo(f"codebot: the engine is in {target / 'engine'}")
    return 0


@command.command(name="fetch")
@click.argument("model")
@click.option("--output", type=_FOLDER, help="Default: NAME, or NAME-cpu, in the working directory.")
@click.option("--revision", default="main", show_default=True, help="Branch, tag or commit.")
@click.option("--cpu", is_flag=True, help="Convert for embedded:DIR.")
@click.option("--quantization", default="int8", show_default=True, help="With --cpu: of the weights.")
@click.option("--force", is_flag=True, help="With --cpu: replace OUTPUT.")
def fetch(
    *, model: str, output: Path | None, revision: str, cpu: bool, quantization: str, force: bool
) -> int:
    """Fetch MODEL (OWNER/NAME) from the hub; with --cpu, convert it or a folder for the CPU.

    The access token is read from HF_TOKEN or huggingface_hub's login, the hub from HF_ENDPOINT.
    """
    folder = Path(model)
    if not folder.is_dir():
        from bot.deploy.fetch import fetch as download  # noqa: PLC0415 - keeps `--help` light

        folder = Path(model.rpartition("/")[2]) if cpu or output is None else output
        commit = download(model, folder, revision=revision, endpoint=os.environ.get("HF_ENDPOINT"))
        click.echo(f"codebot: {model} at {commit} in {folder}")
    if cpu:
        from bot.deploy.convert import convert  # noqa: PLC0415 - likewise

        done = convert(
            folder, output or folder.with_name(f"{folder.name}-cpu"), quantization=quantization, force=force
        )
        click.echo(f"codebot: converted; use it with --engine embedded:{done}")
    return 0
