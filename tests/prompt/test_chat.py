"""The chat form, rendered as the model's own template has it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from bot.data import Prompt, Skipped, Snippet
from bot.errors import EngineError
from bot.prompt.build import build
from bot.prompt.chat import render
from bot.prompt.template import wording_for
from tests.prompt.source import chunk_of, info_of, tokenizer_of

if TYPE_CHECKING:
    from bot.ports import EngineInfo

# The shape of ChatML, as Qwen and SmolLM2 have it; special tokens are those of the tokenizer at hand.
TEMPLATE = """{%- for message in messages %}
    {%- if loop.first and messages[0]['role'] != 'system' %}
        {{- bos_token + 'system\\nYou are helpful.' + eos_token + '\\n' }}
    {%- endif %}
    {{- bos_token + message['role'] + '\\n' + message['content'] + eos_token + '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- bos_token + 'assistant\\n' }}
{%- endif %}
"""
SOURCE = 'def shout(text, times=2):\n    """Old."""\n    return text.upper() * times  # <fim_suffix>\n'
SIBLINGS = (
    Snippet(
        "sibling", "a.py", "whisper", "def whisper(text):\n    return text.lower()", answer="Make it quiet."
    ),
    Snippet("sibling", "a.py", "say", "def say(text):\n    return text", answer="Say it as it is."),
)


def chat_info(window: int = 1024, template: str = TEMPLATE) -> EngineInfo:
    tokenizer = tokenizer_of("embedded")
    return info_of(tokenizer, window, chat_template=template, bos="<issue_start>", eos="<issue_closed>")


def asked(
    source: str = SOURCE,
    name: str = "shout",
    *,
    window: int = 1024,
    purpose: str = "summary",
    examples: tuple[Snippet, ...] = (),
) -> Prompt | Skipped:
    info = chat_info(window)
    wording = wording_for("docstring", info)
    chunk = chunk_of(source, name)
    tokenizer = tokenizer_of("embedded")
    return build(
        chunk, "docstring", purpose, (), info, tokenizer, wording=wording, max_tokens=64, examples=examples
    )


def test_examples_of_the_repository_come_before_the_question() -> None:
    prompt = asked(examples=SIBLINGS)
    assert isinstance(prompt, Prompt)
    turns = prompt.text.split("<issue_start>")[1:]
    assert [turn.split("\n")[0] for turn in turns] == [
        "system",
        "user",
        "assistant",
        "user",
        "assistant",
        "user",
        "assistant",
    ]
    assert "def whisper(text):" in turns[1]
    assert turns[2] == "assistant\nMake it quiet.<issue_closed>\n"
    assert "def shout(text, times=2):\n    return text.upper() * times" in turns[5]
    assert "summary of this function" in turns[5]
    assert turns[6] == "assistant\n"
    assert (prompt.form, prompt.tokens) == ("chat", tokenizer_of("embedded").count(prompt.text))


def test_without_siblings_the_wordings_own_examples_serve() -> None:
    prompt = asked()
    assert isinstance(prompt, Prompt)
    assert "def clamp(value, low, high):" in prompt.text


def test_the_users_special_tokens_are_text_in_a_chat_too() -> None:
    prompt = asked()
    assert isinstance(prompt, Prompt)
    tokenizer = tokenizer_of("embedded")
    assert tokenizer.vocabulary()["<fim_suffix>"] not in tokenizer.ids(prompt.text)


def test_a_parameter_is_asked_about_by_name() -> None:
    prompt = asked(purpose="param:times")
    assert isinstance(prompt, Prompt)
    assert "what is the parameter times?" in prompt.text.split("<issue_start>")[-2]


def test_the_baseline_has_no_body() -> None:
    prompt = asked()
    assert isinstance(prompt, Prompt)
    assert "upper" not in prompt.baseline
    assert "def shout(text, times=2):\n    ...\n" in prompt.baseline


@pytest.mark.parametrize("window", [200, 260, 330, 400, 500, 700, 1000])
def test_a_small_window_costs_examples_and_body_but_never_the_signature(window: int) -> None:
    body = "".join(f"    total += step_{i}(text)\n" for i in range(80))
    prompt = asked(f"def shout(text, total=0):\n{body}", window=window)
    assert isinstance(prompt, Prompt)
    assert prompt.tokens + 64 <= window
    assert prompt.tokens + 64 > window - 40
    assert "def shout(text, total=0):" in prompt.text


def test_examples_keep_their_own_language_and_kind() -> None:
    info, tokenizer = chat_info(), tokenizer_of("embedded")
    chunk = chunk_of("package p\n\ntype T struct {\n\tA int\n}\n", "T", "go", "a.go")
    wording = wording_for("docstring", info)
    prompt = build(chunk, "docstring", "summary", (), info, tokenizer, wording=wording, max_tokens=64)
    assert isinstance(prompt, Prompt)
    assert prompt.text.count("```python\nclass ") == 2
    assert prompt.text.count("```go\ntype T struct") == 1


def test_the_system_text_is_ours_and_fits_the_language_and_the_kind() -> None:
    prompt = asked()
    assert isinstance(prompt, Prompt)
    assert "You are helpful" not in prompt.text
    assert prompt.text.startswith("<issue_start>system\nYou are an expert Python programmer")
    assert "imperative mood" in prompt.text
    of_class = asked("class Shout:\n    volume = 3\n    pitch = 2\n", "Shout")
    assert isinstance(of_class, Prompt)
    assert "Given a class" in of_class.text
    assert "noun phrase" in of_class.text
    assert "imperative" not in of_class.text
    assert "def clamp" not in of_class.text


@pytest.mark.parametrize(
    "refuses", ["{{ raise_exception('System role not supported') }}", "{% set dropped = true %}"]
)
def test_a_template_without_a_system_role_gets_the_text_in_the_first_turn(refuses: str) -> None:
    template = (
        "{% for m in messages %}{% if m['role'] == 'system' %}" + refuses + "{% else %}"
        "[{{ m['role'] }}] {{ m['content'] }}\n{% endif %}{% endfor %}"
    )
    info, tokenizer = chat_info(template=template), tokenizer_of("embedded")
    wording = wording_for("docstring", info)
    chunk = chunk_of(SOURCE, "shout")
    prompt = build(chunk, "docstring", "summary", (), info, tokenizer, wording=wording, max_tokens=64)
    assert isinstance(prompt, Prompt)
    assert prompt.text.startswith("[user] You are an expert Python programmer")
    assert prompt.text.count("You are an expert") == 1


def test_the_class_around_a_method_comes_without_its_docstring() -> None:
    source = 'class Voice:\n    """All about voices."""\n\n    def hum(self):\n        return self.tone + 1\n'
    snippet = Snippet("class", "a.py", "Voice", 'class Voice: """All about voices."""')
    info, tokenizer = chat_info(), tokenizer_of("embedded")
    chunk, wording = chunk_of(source, "Voice.hum"), wording_for("docstring", info)
    prompt = build(chunk, "docstring", "summary", (snippet,), info, tokenizer, wording=wording, max_tokens=64)
    assert isinstance(prompt, Prompt)
    assert "class Voice:\n    def hum(self):" in prompt.text
    assert "All about voices" not in prompt.text


def test_a_huge_window_does_not_mean_a_huge_prompt() -> None:
    body = "".join(f"    total += step_{i}(text)\n" for i in range(4000))
    prompt = asked(f"def shout(text, total=0):\n{body}", window=30_000)
    assert isinstance(prompt, Prompt)
    assert 2_000 < prompt.tokens < 3_000


def test_no_room_at_all_is_a_skip() -> None:
    skipped = asked(window=100)
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "too-long"


@pytest.mark.parametrize(
    "template",
    [
        "{{ raise_exception('no system role') }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% if %}",
    ],
)
def test_a_template_that_fails_or_leaves_the_sandbox_is_an_engine_error(template: str) -> None:
    with pytest.raises(EngineError, match="chat template"):
        render([{"role": "user", "content": "x"}], chat_info(template=template))


def test_a_template_that_asks_for_the_date_gets_the_same_one_every_day() -> None:
    text = render([], chat_info(template=textwrap.dedent("{{ strftime_now('%Y-%m-%d') }}")))
    assert text == "2024-07-26"
