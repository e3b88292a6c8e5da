"""Whether a converted model says what it said: CTranslate2's answers, judged by the model it was made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from training.records import END

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["agreement"]

_MOST = 64  # tokens of an answer


def agreement(
    model: Path, converted: Path, prompts: Sequence[Sequence[int]], doubt: str = ""
) -> dict[str, Any]:
    """Return how often both choose the same next token, and how many answers are the same throughout.

    The converted model answers greedily; at each of its tokens the other, in single precision, is asked what
    it would have said there. Where it agrees with all tokens, its own greedy answer is that one. An answer
    ends with the end token or with `doubt`, a token of the vocabulary or "", and which it was counts too.
    """
    import ctranslate2  # noqa: PLC0415 - what --help does without
    import torch  # noqa: PLC0415 - likewise
    from transformers import AutoModelForCausalLM  # noqa: PLC0415 - likewise

    words: list[str] = json.loads((converted / "vocabulary.json").read_text("utf-8"))
    generator = ctranslate2.Generator(str(converted), "cpu")
    judge = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval()
    ends = [END, words.index(doubt)] if doubt else [END]
    tokens = agreed = same = ended = verdicts = 0
    for prompt in prompts:
        (result,) = generator.generate_batch(
            [[words[n] for n in prompt]],
            max_length=_MOST,
            end_token=[words[n] for n in ends],
            include_prompt_in_result=False,
            return_end_token=True,  # none where the answer ran out of tokens
        )
        answer = list(result.sequences_ids[0])
        with torch.no_grad():
            logits = judge(input_ids=torch.tensor([[*prompt, *answer[:-1]]])).logits[0, len(prompt) - 1 :]
        chosen = logits.argmax(-1).tolist()
        equal = sum(a == b or (a in ends and b in ends) for a, b in zip(answer, chosen, strict=True))
        if answer[-1] in ends and chosen[-1] in ends:
            ended, verdicts = ended + 1, verdicts + (answer[-1] == chosen[-1])
        tokens, agreed, same = tokens + len(answer), agreed + equal, same + (equal == len(answer))
    return {
        "prompts": len(prompts),
        "tokens": tokens,
        "tokens_agree": round(agreed / max(1, tokens), 4),
        "answers_agree": round(same / max(1, len(prompts)), 4),
        **({"verdicts_agree": round(verdicts / max(1, ended), 4)} if doubt else {}),
    }
