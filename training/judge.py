"""The teacher as a judge: how likely it finds answers that it did not write.

An answer's log-probability given the code says whether it is true; how much less likely it is given the
signature alone, whether it says what the name does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from training.decoder import Decoder, branched
from training.scoring import Likelihoods
from training.teach import Item, Wording, messages, open_chat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.devices import Devices
    from training.records import Question

__all__ = ["Judge", "signature"]

_MARK = "@@@@"  # stands for the last turn's text where a chat form is taken apart
_TOKENS = 4096  # whose scores over the vocabulary are held at once


class Judge:
    """A chat model that reads the conversations which `teach` has with it."""

    def __init__(self, tokenizer: Any, model: Any, device: torch.device, *, at_once: int = 32) -> None:  # noqa: ANN401 - the library's
        self._tokenizer, self._device, self._at_once = tokenizer, device, at_once
        self._model = Decoder.of(model).to(device).requires_grad_(requires_grad=False)
        self._wording = Wording.read()
        # the prefix is the same whatever is asked about, and its keys and values are computed once
        turns = messages(Item("", "function", "", ""), self._wording)
        turns[-1]["content"] = _MARK
        chat: str = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        prefix, _, self._tail = chat.partition(_MARK)
        (ids,) = self._ids([prefix])
        with torch.inference_mode():
            places = torch.arange(len(ids), device=device)
            _, self._past = self._model(torch.tensor([ids], device=device), places[None], None, keep=True)
        self._before = len(ids)

    @classmethod
    def open(cls, name: str, gguf: str, devices: Devices, *, at_once: int = 32) -> Judge:
        """Return the judge that is a chat model; for the arguments see `open_chat`."""
        return cls(*open_chat(name, gguf, half=devices.gpu), devices.device, at_once=at_once)

    def __call__(
        self, asked: Sequence[Question], answers: Sequence[Sequence[str]]
    ) -> list[list[Likelihoods]]:
        """Return how likely each question's answers are."""
        ids = iter(self._ids([text for texts in answers for text in texts]))
        ended = [[[*next(ids), self._tokenizer.eos_token_id] for _ in texts] for texts in answers]
        given = self._all([one.code for one in asked], ended)
        alone = self._all([signature(one.code, one.name) for one in asked], ended)
        return [
            [Likelihoods(g, a) for g, a in zip(*both, strict=True)] for both in zip(given, alone, strict=True)
        ]

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not texts:
            return []
        encoded = self._tokenizer(list(texts), add_special_tokens=False, return_attention_mask=False)
        found: list[list[int]] = encoded["input_ids"]
        return found

    def _all(self, codes: Sequence[str], answers: Sequence[Sequence[list[int]]]) -> list[list[list[float]]]:
        # the kind is always "function", as the models of the reward were fitted
        turns = [messages(Item("", "function", "", code), self._wording)[-1]["content"] for code in codes]
        prompts = self._ids([turn + self._tail for turn in turns])
        found: list[list[list[float]]] = [[] for _ in codes]
        order = sorted((n for n, several in enumerate(answers) if several), key=lambda n: len(prompts[n]))
        for at in range(0, len(order), self._at_once):
            here = order[at : at + self._at_once]
            each = iter(self._rows([prompts[n] for n in here], [answers[n] for n in here]))
            for n in here:
                found[n] = [next(each) for _ in answers[n]]
        return found

    @torch.inference_mode()
    def _rows(
        self, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]]
    ) -> list[list[float]]:
        laid = branched(prompts, answers, past=self._before, device=self._device)
        hidden, _ = self._model(laid.ids, laid.positions, laid.attend, self._past)
        states = hidden[laid.sources[:, 0], laid.sources[:, 1]]
        parts = []
        for state, target in zip(states.split(_TOKENS), laid.targets.split(_TOKENS), strict=True):
            logits = self._model.logits(state).float()
            parts.append(logits.gather(1, target[:, None])[:, 0] - logits.logsumexp(-1))
        each = iter(torch.cat(parts).tolist())
        return [[next(each) for _ in answer] for several in answers for answer in several]


def signature(code: str, name: str) -> str:
    """Return code up to the colon of a function's signature, and dots for its body.

    Args:
        code: Imports, class header and source, as `training.definitions.shown` gives them.
        name: The function's, dotted.
    """
    start = code.find(f"def {name.rpartition('.')[2]}(")
    start = code.find("def ") if start < 0 else start
    depth = 0
    for at in range(max(0, start), len(code)):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if code[at] == ":" and not depth:
            return f"{code[: at + 1]}\n        ...\n"
    return code[: start + 200]
