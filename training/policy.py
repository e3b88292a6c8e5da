"""The student while it learns from what its answers are worth: it draws them and makes the better likelier.

An answer may end with either of two tokens: the end token, or the one of doubt. Both together are its end for
the policy; which of the two is likelier is the student's own verdict on the answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from tokenizers import Tokenizer
from torch.nn import functional

from training.decoder import HEAD, Decoder, branched, opened
from training.records import DOUBT, END
from training.sampling import sampled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from training.devices import Devices
    from training.reward import Judged

__all__ = ["Answers", "Policy", "Scores", "objective"]

_TYPICAL = 15.0  # tokens of an answer, for a loss that does not depend on how long this batch's are


@dataclass(frozen=True, slots=True)
class Answers:
    """What was drawn for one prompt: each answer once, with END as its end whichever it had."""

    ids: list[list[int]]
    counts: list[int]  # how often it was drawn
    texts: list[str]  # "" of one that did not end


class Scores(NamedTuple):
    """What a model says of answers, of all prompts one after the other."""

    logprobs: torch.Tensor  # (answers' tokens,)
    owners: torch.Tensor  # (answers' tokens,): which answer
    verdicts: torch.Tensor  # (ended answers,): log-odds of the end token against doubt
    ended: torch.Tensor  # (ended answers,): which answer


class Policy:
    """Three copies of a student: one that learns, one that is quick, and one that stays as it was."""

    def __init__(self, folder: Path, devices: Devices, *, taught: bool = False) -> None:
        """Open a student.

        Args:
            folder: A Hugging Face folder.
            devices: Where it is to be.
            taught: Whether it was taught to doubt before; its verdicts begin as they are then.
        """
        self._device = devices.device
        shape, tensors = opened(folder)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        low = torch.bfloat16 if devices.gpu else torch.float32

        def frozen() -> Decoder:
            copy = {name: t.to(low, copy=True) for name, t in tensors.items()}
            return Decoder(shape, copy).to(self._device).requires_grad_(requires_grad=False)

        self.reference, self.quick = frozen(), frozen()
        learning = dict(tensors) if taught else _doubting(tensors)
        self.model = Decoder(shape, learning).to(self._device)
        self.refresh()

    @torch.no_grad()
    def refresh(self) -> None:
        """Bring the quick copy up to date."""
        for copy, own in zip(self.quick.parameters(), self.model.parameters(), strict=True):
            copy.copy_(own)

    def prompts(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of prompts."""
        return [found.ids for found in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def draw(
        self, prompts: Sequence[list[int]], *, count: int, most: int, temperature: float, at_once: int
    ) -> list[Answers]:
        """Draw `count` answers of at most `most` tokens to each prompt; temperature 0: the likeliest one."""
        found: dict[int, Answers] = {}
        order = sorted(range(len(prompts)), key=lambda n: len(prompts[n]))
        for at in range(0, len(order), at_once):
            here = order[at : at + at_once]
            drawn = sampled(
                self.quick,
                [prompts[n] for n in here],
                count=count,
                most=most,
                ends=[END, DOUBT],
                temperature=temperature,
            )
            found |= {n: self._answers(several) for n, several in zip(here, drawn, strict=True)}
        return [found[n] for n in range(len(prompts))]

    def _answers(self, drawn: Sequence[list[int]]) -> Answers:
        alike = Counter(tuple([*ids[:-1], END] if ids[-1] == DOUBT else ids) for ids in drawn)
        texts = [self.tokenizer.decode(ids[:-1]).strip() if ids[-1] == END else "" for ids in alike]
        return Answers([list(ids) for ids in alike], list(alike.values()), texts)

    def score(
        self, model: Decoder, prompts: Sequence[list[int]], answers: Sequence[Sequence[list[int]]]
    ) -> Scores:
        """Return what one of the copies says of answers; all compute in bfloat16 on a GPU."""
        laid = branched(prompts, answers, device=self._device)
        cast = self._device.type == "cuda" and model is self.model
        with torch.autocast(self._device.type, torch.bfloat16, enabled=cast):
            hidden, _ = model(laid.ids, laid.positions, laid.attend)
            logits = model.logits(hidden[laid.sources[:, 0], laid.sources[:, 1]])
        logits = logits.float()
        last = laid.targets == END
        own = logits.gather(1, laid.targets[:, None])[:, 0]
        end, doubt = logits[:, END], logits[:, DOUBT]
        own = torch.where(last, torch.logaddexp(end, doubt), own)
        return Scores(own - logits.logsumexp(-1), laid.owners, (end - doubt)[last], laid.owners[last])

    def verdicts(
        self, prompts: Sequence[list[int]], drawn: Sequence[Answers], *, at_once: int
    ) -> list[float | None]:
        """Return the quick copy's verdict on each prompt's only answer, None for one that did not end."""
        found: list[float | None] = [None] * len(prompts)
        for at in range(0, len(prompts), at_once):
            here = slice(at, at + at_once)
            with torch.no_grad():
                scores = self.score(self.quick, prompts[here], [one.ids for one in drawn[here]])
            for owner, verdict in zip(scores.ended.tolist(), scores.verdicts.tolist(), strict=True):
                found[at + owner] = verdict
        return found

    def learn(
        self,
        prompts: Sequence[list[int]],
        answers: Sequence[Answers],
        judged: Sequence[Sequence[Judged]],
        advantages: Sequence[Sequence[float]],
        *,
        drawn: int,
        kl: float,
        verdict: float,
    ) -> dict[str, float]:
        """Add the gradient of some prompts' answers.

        Args:
            prompts: Their token ids.
            answers: What was drawn to each.
            judged: What each answer is worth.
            advantages: In standard deviations, and times how often each answer was drawn.
            drawn: Answers of the whole batch, on all devices together.
            kl: What it costs to move away from the reference.
            verdict: What verdicts weigh.

        Returns:
            "kl" over so many "tokens", and the "verdict" loss over so many answers "asked".
        """
        ids = [one.ids for one in answers]
        with torch.no_grad():
            before = self.score(self.reference, prompts, ids).logprobs
        scores = self.score(self.model, prompts, ids)

        def sent(numbers: Sequence[float]) -> torch.Tensor:
            return torch.tensor(numbers, dtype=torch.float32, device=self._device)

        counts = sent([count for one in answers for count in one.counts])
        not_wrong = sent(
            [-1.0 if j.not_wrong is None else j.not_wrong for several in judged for j in several]
        )
        found = objective(
            scores,
            before,
            advantages=sent([gain for several in advantages for gain in several]),
            counts=counts,
            not_wrong=not_wrong,
        )
        found.loss(drawn, kl=kl, verdict=verdict).backward()
        asked = counts[scores.ended][not_wrong[scores.ended] >= 0]
        sums = torch.stack([found.away, counts[scores.owners].sum(), found.verdict, asked.sum()]).tolist()
        return dict(zip(("kl", "tokens", "verdict", "asked"), sums, strict=True))


def _doubting(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors with a token of doubt that is almost the end token: it then learns to differ."""
    name = HEAD if HEAD in tensors else "model.embed_tokens.weight"
    rows = tensors[name].clone()
    noise = torch.randn(rows.shape[1], generator=torch.Generator().manual_seed(0))
    rows[DOUBT] = 0.92 * rows[END] + 0.01 * rows.std() * noise
    return {**tensors, name: rows}


class Parts(NamedTuple):
    """The three sums that the objective is made of."""

    gain: torch.Tensor  # log-probabilities by what their answers are worth
    away: torch.Tensor  # estimated KL divergence from the reference
    verdict: torch.Tensor  # cross-entropy of the verdicts

    def loss(self, drawn: int, *, kl: float, verdict: float) -> torch.Tensor:
        """Return what to make small, as a share of a batch in which so many answers were drawn."""
        return (kl * self.away - self.gain) / (drawn * _TYPICAL) + verdict * self.verdict / drawn


def objective(
    scores: Scores,
    before: torch.Tensor,
    *,
    advantages: torch.Tensor,
    counts: torch.Tensor,
    not_wrong: torch.Tensor,
) -> Parts:
    """Return the sums over answers that a step makes small or large.

    Args:
        scores: What the student says of the answers.
        before: (answers' tokens,), log-probabilities of the reference.
        advantages: (answers,), in standard deviations and times `counts`.
        counts: (answers,), how often each was drawn.
        not_wrong: (answers,), the judge's probability; less than 0: nobody was asked.
    """
    difference = (before - scores.logprobs).clamp(-20, 20)
    # never negative, and right in the mean: http://joschu.net/blog/kl-approx.html
    away = difference.exp() - difference - 1
    target = not_wrong[scores.ended]
    asked = target >= 0
    verdict = functional.binary_cross_entropy_with_logits(
        scores.verdicts[asked], target[asked], weight=counts[scores.ended][asked], reduction="sum"
    )
    weights = advantages[scores.owners]
    return Parts((weights * scores.logprobs).sum(), (counts[scores.owners] * away).sum(), verdict)
