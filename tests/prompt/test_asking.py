"""What engines are asked for fixes and tests: the packaged words, byte for byte, and a team's own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from bot.data import Change, Prompt
from bot.errors import UsageError
from bot.findings.finding import Finding, Region
from bot.findings.locate import locate
from bot.ports import EngineInfo, Prompting
from bot.prompt.asking import asking_for
from bot.prompt.asking_tests import Wanted, ask
from bot.prompt.fix import fix_prompts, fix_wording
from bot.prompt.template import check_folder
from bot.prompt.wording_file import BUILT_IN
from tests.test_fixing import SPECIALS, TEMPLATE, Words
from tests.verify.build import chunk_of

if TYPE_CHECKING:
    from pathlib import Path

CODE = """\
import os


def half(x):
    y = 1  # <fim_middle>
    if x == None:
        return 0
    return x / 2
"""
SAFE = (
    "def half(x):\n    y = 1  # <\u2060fim_middle>\n    if x == None:\n        return 0\n    return x / 2\n"
)
HALF = CODE[CODE.index("def half") :]
STYLE = "def test_a():\n    assert a() == 1\n"
STOPS = ("<|endoftext|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>")
COMMITS = ("<commit_before>", "<commit_msg>", "<commit_after>")
BLOCK = f"```python\n{HALF.rstrip()}\n```"
CHAT = (
    "[user]Write one test for this Python function. Assert exact results for typical and for odd input. No "
    "mocks, files, network, clock or randomness. Answer with one code block that holds the function "
    f"`test_half` and nothing else.\n\n{BLOCK}\n\nIt is imported by `from half import half`."
)


def info(*, chat: bool) -> EngineInfo:
    shape = Prompting(specials=() if chat else SPECIALS, chat_template=TEMPLATE if chat else "")
    family = "none" if chat else "starcoder"
    return EngineInfo("replay:", "m", "sha256:0", family, 4_096, chat=chat, prompting=shape)


def fixes(folder: Path | None, *, chat: bool, **more: str) -> list[Prompt]:
    words = "Comparison to `None`\n  should be `is`"
    found = Finding("ruff", "E711", words, "half.py", Region(6, 8, 6, 17), **more)  # type: ignore[arg-type]
    (one,), _ = locate(Change("half.py", CODE.encode(), CODE.encode()), "python", [found])
    engine = info(chat=chat)
    return list(fix_prompts(one, "PEP 8 says so.", engine, Words(), fix_wording(engine, folder)))


def asked_test(folder: Path | None, *, chat: bool, **more: Any) -> Prompt:  # noqa: ANN401 - fields
    wanted = Wanted(chunk_of(CODE, "half"), "test_half", HALF, "from half import half", **more)
    engine = info(chat=chat)
    prompt = ask(wanted, engine, Words(), asking_for("test", engine, folder))
    assert prompt is not None
    return prompt


def test_a_gap_and_a_commit_ask_for_a_fix() -> None:
    lines, commit = fixes(None, chat=False)
    assert lines.text == (
        "<fim_prefix>\n\ndef half(x):\n    y = 1  # <\u2060fim_middle>\n"
        "    # Fix ruff E711: Comparison to `None` should be `is`\n    # `if x == None:`\n    "
        "<fim_suffix>\n        return 0\n    return x / 2\n<fim_middle>"
    )
    assert (lines.purpose, lines.max_tokens, lines.stop) == ("fix:lines", 160, STOPS)
    said = "Fix ruff E711: Comparison to `None` should be `is`"
    assert commit.text == f"<commit_before>\n\n{SAFE}<commit_msg>{said}<commit_after>"
    assert (commit.purpose, commit.max_tokens, commit.stop) == ("fix:symbol", 64, (*STOPS, *COMMITS))
    (failing,) = fixes(None, chat=False, test="t.test_half", output="E  assert 1 == 2\n")
    assert failing.text == f"<commit_before>\n\n{SAFE}<commit_msg>{said}\nE  assert 1 == 2\n<commit_after>"


@pytest.mark.parametrize(
    ("more", "output"),
    [({}, ""), ({"test": "t.test_half", "output": "E  assert 1 == 2\n"}, "\nE  assert 1 == 2\n\n")],
)
def test_a_chat_model_is_asked_for_the_function(more: dict[str, str], output: str) -> None:
    (asked,) = fixes(None, chat=True, **more)
    assert asked.text == (
        "[system]You fix code. You change as little as possible and keep names and signatures."
        "[user]ruff E711 reports at `if x == None:`: Comparison to `None` should be `is`\nPEP 8 says so.\n"
        f"{output}\n```python\n\n\n{HALF}```\n\nReply with the corrected code of exactly these lines, "
        "complete, in one fenced code block. Do not silence the report with a comment, and do not remove "
        "checks.[assistant]"
    )
    assert (asked.max_tokens, asked.stop) == (64, ("\n```\n",))


def test_a_template_without_a_place_for_a_system_text_gets_it_in_the_first_turn() -> None:
    """Gemma's, for one, raises an error at a system turn."""
    template = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + TEMPLATE
    shape = Prompting(chat_template=template)
    engine = EngineInfo("replay:", "m", "sha256:0", "none", 4_096, chat=True, prompting=shape)
    found = Finding("ruff", "E711", "Comparison", "half.py", Region(6, 8, 6, 17))
    (one,), _ = locate(Change("half.py", CODE.encode(), CODE.encode()), "python", [found])
    (asked,) = fix_prompts(one, "", engine, Words(), fix_wording(engine))
    assert asked.text.startswith("[user]You fix code. You change as little as possible and keep names and")
    assert "\n\nruff E711 reports at" in asked.text


def test_a_gap_asks_for_a_test() -> None:
    stops = ("\ndef ", "\nclass ", "\n@", "\n#", "\n\n\n", "\nif __name__", "\n```", *STOPS)
    bare = asked_test(None, chat=False)
    head = f"<fim_prefix>{SAFE}\n\nfrom half import half\n\n\n"
    assert bare.text == f"{head}def test_half():\n    <fim_suffix>\n<fim_middle>"
    assert (bare.purpose, bare.max_tokens, bare.stop) == ("body", 128, stops)
    full = asked_test(None, chat=False, calls=("half(2)", "half({})"), style=STYLE)
    calls = "# half(2)\n# half({})\n"
    assert full.text == f"{head}{STYLE}\n\n{calls}def test_half():\n    <fim_suffix>\n<fim_middle>"


def test_a_test_s_prompt_is_bound_by_the_limits_unless_the_model_was_trained_on_tests() -> None:
    """The limits are those of docstring prompts: a model that knows no others is asked for nothing longer."""
    chunk, calls = chunk_of(CODE, "half"), ["half(2)"] * 6
    wanted = Wanted(chunk, "test_half", HALF, "from half import half", calls, STYLE)

    def asked(limits: tuple[int, int], window: int, *tasks: str) -> str | None:
        shape = Prompting(fim_limits=limits, tasks=tasks, specials=SPECIALS)
        engine = EngineInfo("replay:", "m", "sha256:0", "starcoder", window, prompting=shape)
        prompt = ask(wanted, engine, Words(), asking_for("test", engine))
        return prompt.text if prompt else None

    whole = asked((4_096, 4_096), 4_096)
    assert whole is not None
    assert asked((20, 448), 4_096) is None
    assert asked((20, 448), 4_096, "tests") == whole
    assert asked((20, 448), 4_096, "fixes") is None
    assert asked((20, 448), 140, "tests") is None, "the window binds it"


def test_a_chat_model_is_asked_for_a_test_and_told_its_error() -> None:
    bare = asked_test(None, chat=True)
    assert bare.text == f"{CHAT}[assistant]"
    assert (bare.max_tokens, bare.stop) == (256, ())
    full = asked_test(None, chat=True, calls=("half(2)", "half({})"), style=STYLE)
    assert full.text == (
        f"{CHAT}\n\nIt is called like this:\nhalf(2)\nhalf({{}})\n\n"
        f"A test of this repository, for its style:\n```python\n{STYLE}```[assistant]"
    )
    again = asked_test(None, chat=True, failed=("assert half({}) == 1", "TypeError: {no}"))
    assert again.purpose == "repair"
    assert again.text == (
        f"{CHAT}[assistant]assert half({{}}) == 1"
        "[user]It fails:\nTypeError: {no}\nWrite it again, so that it passes.[assistant]"
    )


def test_a_teams_own_words_take_the_place_of_the_packaged_ones(tmp_path: Path) -> None:
    own = 'form = "chat"\nask = "Mend {label}: {message}\\n{code}"\n'
    (tmp_path / "fix.chat.toml").write_text(own)
    check_folder(tmp_path)
    (asked,), (packaged,) = fixes(tmp_path, chat=True), fixes(None, chat=True)
    said = "Mend ruff E711: Comparison to `None` should be `is`"
    assert asked.text == f"[user]{said}\n\n\n{HALF}[assistant]"
    assert asked.wording.startswith("fix.chat@")
    assert asked.wording != packaged.wording, "answers to other words are not taken from the cache"
    (tmp_path / "test.starcoder.toml").write_text(
        'form = "fim"\nprefix = "{code}# {name}\\n"\nsuffix = ""\nstyle = ""\ncall = ""\n'
    )
    text = asked_test(tmp_path, chat=False).text
    assert text == f"<fim_prefix>{SAFE.rstrip()}# test_half\n<fim_suffix><fim_middle>"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("fix.chat", 'form = "chat"\nask = "{cod}"\n', "unknown placeholder cod"),
        ("fix.chat", 'form = "chat"\nask = "{"\n', "ask"),
        ("fix.chat", 'form = "chat"\nasks = "x"\n', "unknown key 'asks'"),
        ("fix.fim", 'form = "fim"\nprefix = ""\n', "lacks suffix"),
        ("test.fim", 'form = "commit"\n', "form must be one of fim, chat"),
        ("test.chat", 'form = "chat"\nask = 3\n', "ask is of the wrong type"),
        ("tests.chat", 'form = "chat"\n', "no wording of any task"),
    ],
)
def test_a_mistake_in_a_wording_is_told(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / f"{name}.toml").write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        check_folder(tmp_path)
    assert name in str(caught.value)


def test_every_wording_that_ships_can_be_copied(tmp_path: Path) -> None:
    shutil.copytree(BUILT_IN, tmp_path / "wording")
    check_folder(tmp_path / "wording")
    assert fixes(tmp_path / "wording", chat=True) == fixes(None, chat=True)
