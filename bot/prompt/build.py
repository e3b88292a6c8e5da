"""From a chunk to exactly what the engine is asked, never longer than the model's window allows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.data import Context, Prompt, Skipped
from bot.prompt import chat
from bot.prompt.family import FAMILIES
from bot.prompt.fim import Request, fit
from bot.prompt.pieces import take_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Chunk, Snippet
    from bot.ports import EngineInfo, Tokenizer
    from bot.prompt.template import Wording

__all__ = ["build"]


def build(  # noqa: PLR0917 - the four values every prompt is made of, and who is asked
    chunk: Chunk,
    task: str,
    purpose: str,
    snippets: Sequence[Snippet],
    info: EngineInfo,
    tokenizer: Tokenizer,
    *,
    wording: Wording,
    max_tokens: int,
    answer_prefix: str = "",
    examples: Sequence[Snippet] = (),
    repository: str = "",
) -> Prompt | Skipped:
    """Return the prompt that asks for `purpose` of the chunk's symbol.

    Args:
        chunk: What is to be documented; all of its symbol's source is used, not the chunk's share alone.
        task: Name of the task, for the record.
        purpose: Which text is wanted: "summary", "param:NAME", "returns" or "examples".
        snippets: Linked context, the most useful first; the wording decides which kinds are included.
        info: Of the engine that will be asked.
        tokenizer: That engine's.
        wording: From `bot.prompt.template.wording_for`.
        max_tokens: Room for the answer; prompt and answer together never exceed the engine's window.
        answer_prefix: What the doc comment says already, when the answer is to go on from there. Laid out
            as in the file: line feeds, and lines after the first one indented.
        examples: Documented siblings (`text` without the doc comment, `answer` its summary) for chat models.
        repository: Its name, for families that have a repository-level form.

    Returns:
        The prompt, or `Skipped("too-long")` where even the signature alone has no room.
    """
    pieces = take_apart(chunk)
    if purpose == "examples":
        wording = replace(wording, stop=wording.examples_stop)
    usable = [s for s in snippets if s.kind in wording.kinds]
    room = info.window - max_tokens
    request = Request(
        pieces,
        wording,
        FAMILIES[info.family],
        info.prompting.specials,
        answer_prefix,
        more=bool(answer_prefix) or purpose != "summary",
        path=chunk.change.path,
        repository=repository,
        parameter=purpose.partition(":")[2],
    )
    if wording.form == "chat":
        asked = chat.fit(request, purpose, usable, examples, info=info, tokenizer=tokenizer, room=room)
    else:
        asked = fit(request, usable, tokenizer, room=room, limits=info.prompting.fim_limits)
    if asked is None:
        detail = f"the signature alone leaves no room in a window of {info.window} tokens"
        return Skipped(chunk.change.path, "too-long", detail, chunk)
    kept = set(asked.included)
    return Prompt(
        chunk=chunk,
        task=task,
        purpose=purpose,
        text=asked.text,
        form="chat" if wording.form == "chat" else "fim",
        tokens=asked.tokens,
        max_tokens=max_tokens,
        stop=asked.stop,
        baseline=asked.baseline,
        context=Context(
            tuple(usable[i] for i in asked.included),
            tuple(s for i, s in enumerate(usable) if i not in kept)
            + tuple(s for s in snippets if s.kind not in wording.kinds),
        ),
        wording=wording.label,
    )
