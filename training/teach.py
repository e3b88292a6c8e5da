"""Step `teach`: a larger model writes the summaries that the small one learns from.

Any chat model that transformers loads, on a GPU. Answers are greedy, one line, and come with their log-
probabilities, by which `training.answers` tells the sure ones. What is answered already is not asked again.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Item", "Teach", "Wording", "messages", "open_chat", "teach"]

_SHEET = Path(__file__).with_name("teacher.toml")
_BLOCK = 16_384  # items drawn together; a block is asked by length, so a run cut short is a fair sample


@dataclass(frozen=True, slots=True)
class Item:
    """One definition that is asked about."""

    id: str
    kind: str  # function, method or class
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Teach:
    """Settings of the step; paths are relative to the working folder."""

    model: str = ""  # a folder, or a name on the hub
    gguf: str = ""  # a file in it, where the weights are in that format
    items: str = "items.jsonl.gz"
    output: str = "answers.jsonl.gz"
    seconds: float = 0.0  # asks no more after that; 0: all
    tokens: int = 100_000  # in a batch, answers included
    rows: int = 768  # in a batch
    answer: int = 40  # tokens
    longest: int = 900  # tokens of one item; longer ones are left out
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """How the teacher is asked."""

    system: str
    ask: str
    wanted: dict[str, str]
    example: tuple[dict[str, str], ...]

    @classmethod
    def read(cls, file: Path = _SHEET) -> Wording:
        """Return what a file says."""
        sheet = tomllib.loads(file.read_text("utf-8"))
        return cls(sheet["system"], sheet["ask"], sheet["wanted"], tuple(sheet["example"]))


def messages(item: Item, wording: Wording) -> list[dict[str, str]]:
    """Return the conversation that asks about an item: all but the last turn depends on the kind alone."""
    group = "class" if item.kind == "class" else "function"
    turns = [{"role": "system", "content": wording.system.format(kind=group, wanted=wording.wanted[group])}]
    for one in wording.example:
        if one["kind"] == group:
            turns.append({"role": "user", "content": wording.ask.format(kind=group, code=one["code"])})
            turns.append({"role": "assistant", "content": one["summary"]})
    return [*turns, {"role": "user", "content": wording.ask.format(kind=item.kind, code=item.code)}]


def batches(lengths: Sequence[int], settings: Teach) -> Iterator[list[int]]:
    """Yield indices of items that are asked together: of like length, within the batch's tokens."""
    chosen = [n for n, length in enumerate(lengths) if length <= settings.longest]
    random.Random(settings.seed).shuffle(chosen)  # noqa: S311 - no secret
    for at in range(0, len(chosen), _BLOCK):
        batch: list[int] = []
        for n in sorted(chosen[at : at + _BLOCK], key=lambda n: lengths[n]):
            full = (len(batch) + 1) * (lengths[n] + settings.answer) > settings.tokens
            if batch and (full or len(batch) >= settings.rows):
                yield batch
                batch = []
            batch.append(n)
        if batch:
            yield batch


def teach(settings: Teach, work: Path) -> dict[str, Any]:
    """Ask about every item that has no answer yet, and return how many were asked and how many finished.

    Raises:
        FileNotFoundError: There are no items, or no model.
    """
    with gzip.open(work / settings.items, "rt", encoding="utf-8") as lines:
        items = [Item(**{k: json.loads(line)[k] for k in ("id", "kind", "name", "code")}) for line in lines]
    file = work / settings.output
    had = _answered(file)
    items = [item for item in items if item.id not in had]
    model = _Teacher(settings)
    wording = Wording.read()
    prompts = [model.prompt(messages(item, wording)) for item in items]
    began, asked, finished = time.monotonic(), 0, 0
    with gzip.open(file, "at", encoding="utf-8") as out:
        for batch in batches([len(p) for p in prompts], settings):
            if settings.seconds and time.monotonic() - began > settings.seconds:
                break
            for n, answer in zip(batch, model.answer([prompts[n] for n in batch]), strict=True):
                if answer is not None:
                    text, logprobs = answer
                    out.write(json.dumps({"id": items[n].id, "text": text, "lp": logprobs}) + "\n")
                    finished += 1
            asked += len(batch)
            pace = asked / (time.monotonic() - began)
            print(f"{asked:,} of {len(items):,} asked, {pace:.0f} a second", file=sys.stderr, flush=True)  # noqa: T201
    return {"asked": asked, "finished": finished, "already": len(had)}


def _answered(file: Path) -> set[str]:
    found: set[str] = set()
    if file.exists():
        try:
            with gzip.open(file, "rt", encoding="utf-8") as lines:
                found = {json.loads(line)["id"] for line in lines}
        except EOFError:
            raise ValueError(f"{file} breaks off: a run was killed while it wrote; remove it") from None
    return found


def open_chat(name: str, gguf: str = "", *, half: bool) -> tuple[Any, Any]:
    """Return tokenizer and model of a chat model in transformers.

    Args:
        name: A folder, or a name on the hub.
        gguf: A file in it, where the weights are in that format.
        half: Whether the weights are wanted in bfloat16, or else in single precision.
    """
    import torch  # noqa: PLC0415 - as below
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415 - likewise

    options = {"gguf_file": gguf} if gguf else {}
    tokenizer = AutoTokenizer.from_pretrained(name, **options)
    dtype = torch.bfloat16 if half else torch.float32
    return tokenizer, AutoModelForCausalLM.from_pretrained(name, dtype=dtype, **options)


class _Teacher:
    """A chat model in transformers."""

    def __init__(self, settings: Teach) -> None:
        import torch  # noqa: PLC0415 - prompts and batches need none

        self._torch, self._most = torch, settings.answer
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._tokenizer, model = open_chat(settings.model, settings.gguf, half=self._device == "cuda")
        self._tokenizer.padding_side = "left"
        self._model = model.to(self._device).eval()
        ends = {
            self._tokenizer.eos_token_id,
            *(n for t, n in self._tokenizer.get_vocab().items() if "Ċ" in t),
        }
        self._ends = sorted(n for n in ends if n is not None)  # an answer is one line

    def prompt(self, turns: list[dict[str, str]]) -> list[int]:
        text = self._tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def answer(self, prompts: list[list[int]]) -> list[tuple[str, list[float]] | None]:
        """Return each prompt's answer with its log-probabilities, None for one that did not end."""
        padded = self._tokenizer.pad({"input_ids": prompts}, return_tensors="pt").to(self._device)
        with self._torch.inference_mode():
            out = self._model.generate(
                **padded,
                max_new_tokens=self._most,
                do_sample=False,
                eos_token_id=self._ends,
                output_scores=True,
                return_dict_in_generate=True,
            )
        tokens = out.sequences[:, padded["input_ids"].shape[1] :]
        scores = self._model.compute_transition_scores(out.sequences, out.scores, normalize_logits=True)
        found: list[tuple[str, list[float]] | None] = []
        for ids, logprobs in zip(tokens.tolist(), scores.tolist(), strict=True):
            end = next((n for n, token in enumerate(ids) if token in self._ends), None)
            if end is None:
                found.append(None)
                continue
            text = self._tokenizer.decode(ids[:end], skip_special_tokens=True).strip()
            found.append((text, [round(p, 2) for p in logprobs[: end + 1]]))
        return found
