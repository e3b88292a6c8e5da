"""Step `start`: what training begins with, a Hugging Face folder.

Either an open Llama model cut down to fewer layers and to the tokens its new work uses, or a GPTBigCode
of any shape that knows nothing yet.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from training.records import END, PAD, SPECIALS, expand, lines, parse
from training.vocabulary import from_gguf, pruned, trained

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import torch

__all__ = ["Start", "start", "write_folder"]


@dataclass(frozen=True, slots=True)
class Start:
    """Settings of the step; paths are relative to the working folder."""

    source: str = "scratch"  # a GGUF file or a Hugging Face folder of a Llama model; "scratch": nothing
    output: str = "start"
    text: tuple[str, ...] = ("examples/*.jsonl.gz",)  # examples, or sources as `prepare` writes them
    text_bytes: int = 100_000_000  # of text that tokens are counted on, or learnt from
    vocabulary: int = 18_432  # tokens; a multiple of 64 makes for fast matrix products
    length: int = 1024  # positions
    layers: int = 20
    choose: str = "change"  # which layers stay: those that "change" their input most, or "even"ly spread
    width: int = 512  # from here on: of a model from scratch
    heads: int = 8
    inner: int = 2048
    seed: int = 0


def start(settings: Start, work: Path) -> dict[str, Any]:
    """Write the folder and return what was done.

    Raises:
        FileNotFoundError: The source or the text is missing.
        ValueError: The source is no Llama model, or has fewer layers or tokens than asked for.
    """
    import torch  # noqa: PLC0415 - seconds, that --help does without

    torch.manual_seed(settings.seed)
    done: dict[str, Any] = {}
    texts = list(_texts(expand(work, settings.text), settings.text_bytes, settings.seed))
    if settings.source == "scratch":
        table = trained(texts, settings.vocabulary)
        model = _scratch(settings, len(table["model"]["vocab"]))
    else:
        model, table, done = _cut(settings, work / settings.source, texts)
    write_folder(model, table, work / settings.output, length=settings.length)
    count = sum(p.numel() for p in model.parameters())
    return {"parameters": count, "vocabulary": len(table["model"]["vocab"]), **done}


def write_folder(model: Any, table: dict[str, Any], folder: Path, *, length: int) -> None:  # noqa: ANN401 - either class
    """Write model and tokenizer as converters and engines expect them."""
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / "tokenizer.json").write_text(json.dumps(table, ensure_ascii=False), "utf-8")
    end, pad = SPECIALS[END], SPECIALS[PAD]
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **dict.fromkeys(("bos_token", "eos_token", "unk_token"), end),
        "pad_token": pad,
        "model_max_length": length,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def _scratch(settings: Start, vocabulary: int) -> Any:  # noqa: ANN401 - the class is imported here
    from transformers import GPTBigCodeConfig, GPTBigCodeForCausalLM  # noqa: PLC0415 - seconds

    config = GPTBigCodeConfig(
        vocab_size=vocabulary,
        n_positions=settings.length,
        n_embd=settings.width,
        n_layer=settings.layers,
        n_head=settings.heads,
        n_inner=settings.inner,
        bos_token_id=END,
        eos_token_id=END,
        pad_token_id=PAD,
        **dict.fromkeys(("attn_pdrop", "embd_pdrop", "resid_pdrop"), 0.0),
    )
    return GPTBigCodeForCausalLM(config)


def _cut(settings: Start, source: Path, texts: Sequence[str]) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Return the model cut down, its tokenizer, and which layers stayed."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - as above
    from transformers import LlamaForCausalLM  # noqa: PLC0415 - as above

    model, table = _open(source)
    if not isinstance(model, LlamaForCausalLM):
        raise ValueError(f"{source} is a {type(model).__name__}; only Llama models are cut down")  # noqa: TRY004 - a setting
    tokenizer = Tokenizer.from_str(json.dumps(table))
    counts: Counter[int] = Counter()
    for at in range(0, len(texts), 1000):
        for encoded in tokenizer.encode_batch_fast(texts[at : at + 1000], add_special_tokens=False):
            counts.update(encoded.ids)
    if not 2 <= settings.layers <= len(model.model.layers):
        raise ValueError(f"{source} has {len(model.model.layers)} layers; {settings.layers} are asked for")
    changes = _changes(model, tokenizer, texts)
    keep = _chosen(changes, settings.layers, settings.choose)
    new, origins = pruned(table, counts, settings.vocabulary)
    small = _smaller(model, keep, origins, settings.length)
    used = sum(counts.values())
    kept = sum(counts[n] for n in origins if n is not None)
    return (
        small,
        new,
        {"layers": keep, "changes": [round(c, 4) for c in changes], "uses_kept": kept / max(1, used)},
    )


def _smaller(model: Any, keep: Sequence[int], origins: Sequence[int | None], length: int) -> Any:  # noqa: ANN401 - as above
    """Return a model of the layers in `keep` and a row of embeddings for each of `origins`."""
    import torch  # noqa: PLC0415 - as above

    known = model.config.to_dict()
    for name in ("quantization_config", "architectures", "dtype", "transformers_version", "_name_or_path"):
        known.pop(name, None)
    known |= {
        "num_hidden_layers": len(keep),
        "vocab_size": len(origins),
        "max_position_embeddings": length,
        "bos_token_id": END,
        "eos_token_id": END,
        "pad_token_id": None,  # nothing is masked, and a padding token's row is not to stay at zero
    }
    small = type(model)(type(model.config)(**known))
    weights = {}
    for name, value in model.state_dict().items():
        if ".layers." in name:
            head, tail = name.split(".layers.")
            n, _, rest = tail.partition(".")
            if int(n) in keep:
                weights[f"{head}.layers.{keep.index(int(n))}.{rest}"] = value
        elif name in {"model.embed_tokens.weight", "lm_head.weight"}:
            weights[name] = _rows(value, origins)
        else:
            weights[name] = value
    if known.get("tie_word_embeddings"):
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    small.load_state_dict(weights)
    return small.to(torch.float16)


def _rows(old: torch.Tensor, origins: Sequence[int | None]) -> torch.Tensor:
    """Return every token's row; a new one gets the mean of all and a little noise."""
    import torch  # noqa: PLC0415 - as above

    mean, spread = old.mean(0), old.std(0)
    return torch.stack(
        [old[n] if n is not None else mean + 0.1 * spread * torch.randn_like(mean) for n in origins]
    )


def _open(source: Path) -> tuple[Any, dict[str, Any]]:
    """Return a model in single precision, and its `tokenizer.json`."""
    import torch  # noqa: PLC0415 - as above
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - as above

    if not source.exists():
        raise FileNotFoundError(f"no model at {source}")
    if source.is_dir():
        table = json.loads((source / "tokenizer.json").read_text("utf-8"))
        return AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32), table
    from gguf import GGUFReader  # noqa: PLC0415 - only for such a file

    fields = {
        name: field.contents()
        for name, field in GGUFReader(str(source)).fields.items()
        if name.startswith("tokenizer.ggml.")
    }
    model = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name, dtype=torch.float32)
    return model, from_gguf(fields)


def _changes(model: Any, tokenizer: Any, texts: Sequence[str], windows: int = 8) -> list[float]:  # noqa: ANN401 - as above
    """Return how much each layer changes its input: 1 - cosine similarity, the mean over all positions."""
    import torch  # noqa: PLC0415 - as above

    ids = tokenizer.encode("\n".join(texts[:50]), add_special_tokens=False).ids
    size = min(512, len(ids) // windows)
    batch: torch.Tensor = torch.tensor(ids[: size * windows]).view(windows, size)
    with torch.no_grad():
        states = model(batch, output_hidden_states=True).hidden_states
    return [1 - torch.cosine_similarity(a, b, dim=-1)[:, 1:].mean().item() for a, b in pairwise(states)]


def _chosen(changes: Sequence[float], count: int, way: str) -> list[int]:
    """Return the layers that stay; the first and the last always do."""
    last = len(changes) - 1
    if way == "even":
        return sorted({round(n * last / (count - 1)) for n in range(count)})
    if way != "change":
        raise ValueError(f'start.choose = {way!r} is neither "change" nor "even"')
    inner = sorted(range(1, last), key=lambda n: -changes[n])
    return sorted([0, last, *inner[: count - 2]])


def _texts(files: Sequence[Path], most: int, seed: int) -> Iterator[str]:
    """Yield about `most` bytes of text, of files in random order."""
    files = random.Random(seed).sample(files, len(files))  # noqa: S311 - no secret
    for file in files:
        if file.suffix == ".json":
            found: Iterator[str] = (text for _, text in json.loads(file.read_text("utf-8")))
        else:
            found = (e.prompt + e.answer for e in map(parse, lines([file])))
        for text in found:
            if most <= 0:
                return
            most -= len(text.encode())
            yield text
