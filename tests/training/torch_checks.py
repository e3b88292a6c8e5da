"""Checks of what `prefer` computes, against transformers and against itself; run by a Python that has torch.

python tests/training/torch_checks.py FOLDER: the folder holds `tokenizer.json`, and is written to.
"""

from __future__ import annotations

import gzip
import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers

from training.decoder import Decoder, Shape, branched
from training.devices import Devices
from training.judge import Judge, signature
from training.policy import Policy, objective
from training.prefer import Prefer, improve
from training.records import DOUBT, END, Question
from training.reward import Judged
from training.rounding import Rounding, gptq
from training.sampling import sampled
from training.start import write_folder
from training.teach import Item, Wording, messages
from training.vocabulary import trained

if TYPE_CHECKING:
    from collections.abc import Sequence

TEMPLATE = """{% for m in messages %}<fim_prefix>{{ m['role'] }}
{{ m['content'] }}<|endoftext|>
{% endfor %}{% if add_generation_prompt %}<fim_prefix>assistant
{% endif %}"""
CODE = """import os


class A:
    def f(self, x: dict[str, int], *, y=(1, 2)):
        return os.sep + x[y]
"""
PROMPTS = [[5, 9, 200, 33, 17], [7, 7, 250], [21, 22, 23, 24, 25, 26, 27, 28, 29]]
ANSWERS = [[[40, 41, 42, 0], [43, 0]], [[44, 45, 0]], [[46, 0], [47, 48, 49, 50, 51, 0], [0]]]


def tiny(kind: str, vocabulary: int) -> Any:  # noqa: ANN401 - either class
    """Return a model of random weights, whose heads share keys and values."""
    torch.manual_seed(3)
    shape: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "initializer_range": 0.3,
        "bos_token_id": END,
        "eos_token_id": END,
    }
    if kind == "qwen2":
        config = transformers.Qwen2Config(**shape, rope_theta=1e6, tie_word_embeddings=False)
        return transformers.Qwen2ForCausalLM(config).eval()
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape, tie_word_embeddings=True)).eval()


@torch.no_grad()
def logprobs(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> list[float]:  # noqa: ANN401 - as above
    """Return what a model of transformers says of one answer's tokens."""
    logits = model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0].log_softmax(-1)
    found: list[float] = logits[len(prompt) - 1 : -1].gather(1, torch.tensor(answer)[:, None])[:, 0].tolist()
    return found


def close(found: Any, wanted: Any) -> None:  # noqa: ANN401 - numbers in lists
    torch.testing.assert_close(torch.tensor(found), torch.tensor(wanted), atol=2e-4, rtol=1e-4)


@torch.no_grad()
def branches_say_what_answers_one_by_one_say(model: Any) -> None:  # noqa: ANN401 - as above
    decoder = Decoder.of(model)
    before = [11, 12, 13, 14]
    _, past = decoder(torch.tensor([before]), torch.arange(4)[None], None, keep=True)
    for prefix, cache in (([], None), (before, past)):
        laid = branched(PROMPTS, ANSWERS, past=len(prefix))
        hidden, _ = decoder(laid.ids, laid.positions, laid.attend, cache)
        scores = decoder.logits(hidden[laid.sources[:, 0], laid.sources[:, 1]]).log_softmax(-1)
        found = scores.gather(1, laid.targets[:, None])[:, 0].tolist()
        wanted = [
            [logprobs(model, prefix + prompt, answer) for answer in several]
            for prompt, several in zip(PROMPTS, ANSWERS, strict=True)
        ]
        close(found, [p for several in wanted for answer in several for p in answer])
        assert laid.owners.tolist() == [0] * 4 + [1] * 2 + [2] * 3 + [3] * 2 + [4] * 6 + [5]


def greedy_answers_are_those_of_transformers(model: Any) -> None:  # noqa: ANN401 - as above
    decoder = Decoder.of(model)
    for prompt, several in zip(
        PROMPTS, sampled(decoder, PROMPTS, count=2, most=12, ends=[END], temperature=0), strict=True
    ):
        whole = model.generate(
            input_ids=torch.tensor([prompt]),
            max_new_tokens=12,
            do_sample=False,
            eos_token_id=END,
            pad_token_id=4,
        )
        assert several == [whole[0, len(prompt) :].tolist()] * 2


def draws_follow_the_probabilities(model: Any) -> None:  # noqa: ANN401 - as above
    """The first token of many answers comes as often as the model says."""
    torch.manual_seed(0)
    (several,) = sampled(Decoder.of(model), PROMPTS[:1], count=4000, most=1, ends=[END], temperature=1.5)
    with torch.no_grad():
        wanted = (model(input_ids=torch.tensor(PROMPTS[:1])).logits[0, -1] / 1.5).softmax(-1)
    found = torch.bincount(torch.tensor([ids[0] for ids in several]), minlength=len(wanted)) / 4000
    assert (found - wanted).abs().max() < 0.03


def a_shape_that_is_not_computed_is_refused() -> None:
    config = tiny("llama", 300).config.to_dict()
    for change in ({"model_type": "gemma"}, {"rope_parameters": {"rope_type": "yarn"}}, {"head_dim": 64}):
        try:
            Shape.read(config | change)
        except ValueError:
            continue
        raise AssertionError(change)


def a_judge_reads_what_the_teacher_was_asked(tokens: Path, folder: Path) -> None:
    """Through a folder on disk, and with the conversation's common part computed apart."""
    vocabulary = len(json.loads(tokens.read_text("utf-8"))["model"]["vocab"])
    write_folder(tiny("qwen2", vocabulary), json.loads(tokens.read_text("utf-8")), folder, length=4096)
    (folder / "chat_template.jinja").write_text(TEMPLATE, "utf-8")
    judge = Judge.open(str(folder), "", Devices(torch.device("cpu")), at_once=1)
    asked = [
        Question("1", "p", "A.f", "method", CODE, ""),
        Question("2", "p", "g", "function", "def g(): 1\n", ""),
    ]
    texts = [["Join a thing.", "Return it."], []]
    found = judge(asked, texts)
    assert [len(several) for several in found] == [2, 0]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    for text, likely in zip(texts[0], found[0], strict=True):
        answer = tokenizer(text)["input_ids"] + [END]
        for code, told in ((CODE, likely.given), (signature(CODE, "A.f"), likely.alone)):
            turns = messages(Item("", "function", "A.f", code), Wording.read())
            whole = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
            close(told, logprobs(model, tokenizer(whole)["input_ids"], answer))
    assert signature(CODE, "A.f").endswith("def f(self, x: dict[str, int], *, y=(1, 2)):\n        ...\n")


def an_answer_ends_with_either_end(folder: Path) -> None:
    """Their probabilities add up, and the verdict is the odds between them."""
    policy = Policy(folder, Devices(torch.device("cpu")))
    scores = policy.score(policy.model, PROMPTS, ANSWERS)
    with torch.no_grad():
        laid = branched(PROMPTS[1:2], [[[44, 45, END]]])
        hidden, _ = policy.model(laid.ids, laid.positions, laid.attend)
        last = policy.model.logits(hidden[0, 4])
    both = torch.log(last.softmax(-1)[END] + last.softmax(-1)[DOUBT])
    assert scores.ended.tolist() == list(range(6))
    close(scores.logprobs[scores.owners == 2][-1].item(), both.item())
    close(scores.verdicts[2].item(), (last[END] - last[DOUBT]).item())
    # one that was taught begins with the odds that its weights have
    again = Policy(folder, Devices(torch.device("cpu")), taught=True)
    own, anew = (one.model.get("embed_tokens.weight")[DOUBT] for one in (again, policy))
    close(own.tolist(), again.reference.get("embed_tokens.weight")[DOUBT].tolist())
    assert not torch.allclose(own, anew)
    # a student that has not moved is at no distance, but for the mass that doubt got; not judged: no verdict
    parts = objective(
        scores,
        scores.logprobs.detach(),
        advantages=torch.zeros(6),
        counts=torch.ones(6),
        not_wrong=torch.full((6,), -1.0),
    )
    assert [part.item() for part in parts] == [0, 0, 0]


def nearest(weight: torch.Tensor) -> torch.Tensor:
    """Return each row on its int8 grid, every weight by itself."""
    scale = 127 / weight.abs().max(1, keepdim=True).values
    return (weight * scale).round() / scale


def moved(base: torch.Tensor, towards: torch.Tensor) -> torch.Tensor:
    """Return weights a third of a step from the grid, but for each row's largest, which makes the grid."""
    top = base.abs().argmax(1, keepdim=True)
    step = base.gather(1, top).abs() / 127
    return (base + step / 3 * torch.sign(towards)).scatter_(1, top, base.gather(1, top))


def rounding_keeps_a_change_smaller_than_a_step() -> None:
    """Weights that lie on the grid, moved a little where it is felt: the nearest step is where they were."""
    torch.manual_seed(5)
    inputs = torch.randn(2000, 6) @ torch.randn(6, 48) + 0.1 * torch.randn(2000, 48)
    base = nearest(torch.randn(32, 48))
    own = moved(base, torch.randn(32, 1) * inputs[0])
    found = gptq(own, inputs.T @ inputs)
    lost, kept = (((rounded - own) @ inputs.T).square().mean() for rounded in (nearest(own), found))
    assert kept < lost / 4
    torch.testing.assert_close(
        found, nearest(found)
    )  # the converter finds the same grid, and changes nothing
    torch.testing.assert_close(found.abs().max(1).values, own.abs().max(1).values)


@torch.no_grad()
def all_matrices_of_a_rounded_model_are_on_the_grid(model: Any) -> None:  # noqa: ANN401 - as above
    own = {name: value.detach().clone() for name, value in model.named_parameters()}
    rounding = Rounding(Shape.read(model.config.to_dict()), {n: v.clone() for n, v in own.items()})
    told: list[str] = []
    rounding.round([(p, a[0]) for p, a in zip(PROMPTS, ANSWERS, strict=True)], tell=told.append)
    assert len(told) == 2
    assert set(rounding.tensors()) == set(own)
    for name, value in rounding.tensors().items():
        assert torch.equal(value, own[name]) == (value.ndim == 1)
        if value.ndim == 2:
            torch.testing.assert_close(value.detach(), nearest(value.detach()))


class Short:
    """Finds an answer the better the shorter it is, and right if it is of a few characters."""

    def __call__(self, asked: Sequence[Question], answers: Sequence[Sequence[str]]) -> list[list[Judged]]:
        assert len(asked) == len(answers)
        return [
            [
                Judged(1 / (1 + len(t)), "", float(len(t) < 8), 0.5) if t else Judged(-0.2, "unfinished")
                for t in texts
            ]
            for texts in answers
        ]


class Interrupting(Short):
    """The same, but its process is told to end while it judges for the 16th time."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, asked: Sequence[Question], answers: Sequence[Sequence[str]]) -> list[list[Judged]]:
        self.calls += 1
        if self.calls == 16:
            signal.raise_signal(signal.SIGTERM)
        return super().__call__(asked, answers)


def what_is_rewarded_becomes_more_frequent(work: Path) -> None:
    """Answers that end early are; and the verdict learns which are called right.

    A run that was told to end, and goes on, is the run that it would have been.
    """
    questions = [
        Question(
            str(n), f"project{n}", f"name{n}", "function", f"def name{n}(): {n}", f"<fim_prefix>def name{n}"
        )
        for n in range(80)
    ]
    with gzip.open(work / "prompts.jsonl.gz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(one)) + "\n" for one in questions)
    shape: dict[str, Any] = {
        "start": "learner",
        "output": "shorter",
        "steps": 40,
        "batch": 16,
        "most": 16,
        "rate": 2e-3,
        "kl": 0.01,
        "verdict": 1.0,
        "replay_rows": 0,
        "validation": 0.2,
        "validate_every": 20,
        "samples": 0,
    }
    devices = Devices(torch.device("cpu"))
    done = improve(Prefer(**shape), work, devices, Short())
    assert (done["run"], done["steps"]) == ("finished", 40)
    log = [json.loads(line) for line in (work / "shorter" / "log.jsonl").read_text("utf-8").splitlines()]
    learnt = [record for record in log if "kl" in record]
    assert learnt[-1]["refused"]["unfinished"] < learnt[0]["refused"]["unfinished"] - 0.2
    assert learnt[-1]["reward"] > learnt[0]["reward"] + 0.2
    assert learnt[-1]["verdict"] < learnt[0]["verdict"] / 2

    settings = Prefer(**shape | {"output": "stopped"})
    first = improve(settings, work, devices, Interrupting())
    assert (first["run"], first["steps"]) == ("paused", 15)
    assert improve(settings, work, devices, Short())["run"] == "finished"
    again = [json.loads(line) for line in (work / "stopped" / "log.jsonl").read_text("utf-8").splitlines()]
    timed = {"seconds", "answers_per_second"}
    plain, resumed = ([{k: v for k, v in r.items() if k not in timed} for r in run] for run in (log, again))
    assert plain == resumed


def main(folder: Path) -> None:
    """Run all checks."""
    tokens = folder / "tokenizer.json"
    table = json.loads(tokens.read_text("utf-8"))
    for kind in ("llama", "qwen2"):
        model = tiny(kind, 300)
        branches_say_what_answers_one_by_one_say(model)
        greedy_answers_are_those_of_transformers(model)
        draws_follow_the_probabilities(model)
    rounding_keeps_a_change_smaller_than_a_step()
    all_matrices_of_a_rounded_model_are_on_the_grid(tiny("llama", 300))
    a_shape_that_is_not_computed_is_refused()
    a_judge_reads_what_the_teacher_was_asked(tokens, folder / "judge")
    write_folder(tiny("llama", len(table["model"]["vocab"])), table, folder / "student", length=512)
    an_answer_ends_with_either_end(folder / "student")
    few = trained(
        [CODE], 300
    )  # tokens: one in a hundred ends an answer, so that there is something to reward
    write_folder(tiny("llama", 300), few, folder / "learner", length=512)
    what_is_rewarded_becomes_more_frequent(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
