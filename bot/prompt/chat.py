"""The chat form, for instruction-tuned models: their own template, with worked examples (only jinja2)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn

from bot.errors import EngineError, UsageError
from bot.prompt.family import neutralise
from bot.prompt.fim import Asked, Request, snippet_line
from bot.prompt.fit import choose, longest_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from bot.data import Snippet
    from bot.ports import EngineInfo, Tokenizer

__all__ = ["fit", "render", "with_system"]

_EXAMPLES = 2
_PROBE = "\ue001"
# As their communities write them; the rest of the names only take a capital.
_NAMES = {
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "c_sharp": "C#",
    "javascript": "JavaScript",
    "php": "PHP",
    "tsx": "TypeScript",
    "typescript": "TypeScript",
}


def render(messages: Sequence[dict[str, str]], info: EngineInfo) -> str:
    """Return the conversation as the model's own template spells it, ready for its answer.

    Raises:
        EngineError: The template does not render.
    """
    from jinja2.exceptions import TemplateError  # noqa: PLC0415 - only chat models need it

    shape = info.prompting
    try:
        return _template(shape.chat_template).render(
            messages=list(messages), add_generation_prompt=True, bos_token=shape.bos, eos_token=shape.eos
        )
    except TemplateError as error:
        raise EngineError(f"the model's chat template fails: {error}", hint="try ?form=fim") from error


@lru_cache(maxsize=4)
def _template(source: str) -> Template:
    # The environment that transformers' apply_chat_template renders with. A template is part of a download:
    # it gets no way out of the sandbox.
    from jinja2.ext import loopcontrols  # noqa: PLC0415 - only chat models need it
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - likewise

    def fail(message: str) -> NoReturn:
        from jinja2.exceptions import TemplateError  # noqa: PLC0415 - likewise

        raise TemplateError(message)

    def to_json(value: object, **options: Any) -> str:  # noqa: ANN401 - json's own options
        return json.dumps(value, ensure_ascii=False, **options)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = fail
    # a prompt that has the date in it is another one tomorrow, and its answer is not in the cache
    environment.globals["strftime_now"] = lambda form: datetime(2024, 7, 26).strftime(form)  # noqa: DTZ001
    return environment.from_string(source)


def fit(
    request: Request,
    purpose: str,
    snippets: Sequence[Snippet],
    examples: Sequence[Snippet],
    *,
    info: EngineInfo,
    tokenizer: Tokenizer,
    room: int,
) -> Asked | None:
    """Cut a conversation to `room` tokens; None where the signature alone has no room.

    Linked context goes first, then the end of the body, then the examples.

    Raises:
        UsageError: The wording has no question for `purpose`.
    """
    kind = purpose.partition(":")[0]
    if kind not in request.wording.ask:
        raise UsageError(f"the wording {request.wording.name} asks nothing about {kind!r}")
    turns = _turns(request, kind, examples)

    def text(part: Request, context: Sequence[str], shown: int) -> str:
        return render(_messages(part, kind, context, turns[:shown], info), info)

    def fits(part: Request, context: Sequence[str] = (), shown: int = 0) -> bool:
        return tokenizer.count(text(part, context, shown)) <= room

    core = replace(request, pieces=replace(request.pieces, imports=(), body=""))
    shown = next((n for n in range(len(turns), -1, -1) if fits(core, (), n)), None)
    if shown is None:
        return None
    body, budget = request.pieces.body, room - tokenizer.count(text(core, (), shown))
    budget = min(budget, request.wording.body_tokens or budget)

    def with_body(kept: str) -> Request:
        return replace(core, pieces=replace(core.pieces, body=kept))

    cut = with_body(longest_body(body, budget, tokenizer, lambda kept: fits(with_body(kept), (), shown)))

    def with_imports(kept: Sequence[str]) -> Request:
        return replace(cut, pieces=replace(cut.pieces, imports=tuple(kept)))

    kept = choose(request.pieces.imports, lambda some: fits(with_imports(some), (), shown))
    full = with_imports([request.pieces.imports[i] for i in kept])
    lines = [snippet_line(s, request.wording, request.pieces.language) for s in snippets]
    most = request.wording.context_tokens

    def affordable(some: list[str]) -> bool:
        return tokenizer.count("\n".join(some)) <= most and fits(full, some, shown)

    chosen = choose(lines, affordable) if lines else []
    context = [lines[i] for i in chosen]
    whole = text(full, context, shown)
    pieces = full.pieces
    hollow = replace(full, pieces=replace(pieces, body=pieces.hollow))
    known = pieces.body not in {"", pieces.hollow} and fits(hollow, context, shown)
    baseline = text(hollow, context, shown) if known else ""
    return Asked(whole, tokenizer.count(whole), request.stops(), baseline, tuple(chosen))


def _turns(request: Request, kind: str, examples: Sequence[Snippet]) -> list[tuple[Request, str]]:
    """Return the worked examples: the repository's own summaries first, else those of the wording.

    Those of the wording are shown for what they are an example of: about a module, a small model repeated
    the summary of a function.
    """
    asked = _sort(request.pieces.kind)
    pieces = replace(request.pieces, imports=(), class_header="", body="", name="")
    siblings = [e for e in examples if e.answer and e.text.strip()] if kind == "summary" else []
    turns = [
        (replace(request, pieces=replace(pieces, head=_code(e.text)), answer=""), e.answer)
        for e in siblings[:_EXAMPLES]
    ]
    pieces = replace(pieces, kind=asked)
    for own in request.wording.example:
        fitting = kind in own and "code" in own and _sort(own.get("kind", "function")) == asked
        if fitting and len(turns) < _EXAMPLES:
            example = replace(pieces, head=_code(own["code"]), language=own.get("language", "python"))
            part = replace(request, pieces=example, answer="", parameter=own.get("parameter", ""))
            turns.append((part, own[kind]))
    return turns


def _sort(kind: str) -> str:
    return kind if kind in {"class", "module"} else "function"


def _code(text: str) -> str:
    return text.strip("\n") + "\n"


def _messages(
    request: Request,
    kind: str,
    context: Sequence[str],
    turns: Sequence[tuple[Request, str]],
    info: EngineInfo,
) -> Sequence[dict[str, str]]:
    wording = request.wording

    def filled(text: str, part: Request, lines: Sequence[str] = ()) -> str:
        values = part.values() | {"context": "".join(f"{line}\n" for line in lines)}
        language = part.pieces.language
        values["language_name"] = _NAMES.get(language, language.capitalize())
        wanted = wording.wanted.get(f"{kind}_{_sort(part.pieces.kind)}", wording.wanted.get(kind, ""))
        values["wanted"] = wanted.format_map(values)
        return neutralise(text.format_map(values).strip(), request.specials)

    messages = []
    for part, answer in turns:
        messages.append({"role": "user", "content": filled(wording.ask[kind], part)})
        messages.append({"role": "assistant", "content": neutralise(answer, request.specials)})
    messages.append({"role": "user", "content": filled(wording.ask[kind], request, context)})
    return with_system(filled(wording.system, request) if wording.system else "", messages, info)


def with_system(
    system: str, messages: Sequence[dict[str, str]], info: EngineInfo
) -> Sequence[dict[str, str]]:
    """Return a conversation with a system text in front: in its first turn where the template has none.

    Args:
        system: The text; "" for none.
        messages: The turns, the user's first.
        info: Of the model, whose template it is.
    """
    if not system:
        return messages
    if _takes_system(info):
        return [{"role": "system", "content": system}, *messages]
    first = {"role": "user", "content": f"{system}\n\n{messages[0]['content']}"}
    return [first, *messages[1:]]


def _takes_system(info: EngineInfo) -> bool:
    """Whether the template has a place for a system text: some raise an error at it, some leave it out."""
    shape = info.prompting
    return _system_shown(shape.chat_template, shape.bos, shape.eos)


@lru_cache(maxsize=4)
def _system_shown(source: str, bos: str, eos: str) -> bool:
    from jinja2.exceptions import TemplateError  # noqa: PLC0415 - only chat models need it

    probe = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "x"}]
    try:
        text = _template(source).render(
            messages=probe, add_generation_prompt=True, bos_token=bos, eos_token=eos
        )
    except TemplateError:
        return False
    return _PROBE in text
