"""What a person reads: nothing in it commands a terminal, and everything is accounted for."""

from __future__ import annotations

import dataclasses
import io
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.data import Evidence, Failed, Rejected, Skipped, Verified
from bot.errors import UsageError
from bot.report import render
from bot.report.escape import visible

if TYPE_CHECKING:
    from typing import Any

    from bot.ledger import Review
    from tests.report.conftest import Maker

SOURCE = b"import os\n\n\nclass Class:\n    def method(self, x):\n        return x\n\n    y = 1\n"
DOC = """\
    def method(self, x):
        '''Give x.

        Args:
            x: what to give
        '''
""".replace("'''", '"""')
HOSTILE = "a\x1b]0;title\x07\x1b[31m\u202e[bold red]b[/]\r\n\x9b2J:smile:\udce9"
STYLING = re.compile(r"\x1b\[[0-9;]*m")


def shown(review: Review, **options: Any) -> str:  # noqa: ANN401
    stream = io.StringIO()
    render(review, "text", stream=stream, **options)
    return stream.getvalue()


def one(make: Maker) -> Review:
    return make.review(make.suggestion(make.change("pkg/a.py", SOURCE), 5, 5, DOC))


def test_a_suggestion_shows_place_symbol_diff_evidence_and_id(make: Maker) -> None:
    assert shown(one(make)).startswith(
        "pkg/a.py  1 suggestion\n"
        "\n"
        "pkg/a.py:5  Class.method\n"
        "    class Class:\n"
        "        def method(self, x):\n"
        '  +         """Give x.\n'
        "  +\n"
        "  +         Args:\n"
        "  +             x: what to give\n"
        '  +         """\n'
        "            return x\n"
        "  ✓ syntax tree unchanged · ✓ matches signature · ✓ grounded · ✓ confidence 0.83 ≥ 0.70 ·\n"
        "  1 more check\n"
        "  0005beef  Add a docstring\n"
    )


def test_the_end_says_what_to_do_next_and_where_everything_went(make: Maker) -> None:
    good = make.suggestion(make.change("pkg/a.py", SOURCE), 5, 5, DOC)
    review = make.review(
        good,
        *[Rejected(good.chunk, "unconfident", completions=good.completions)] * 4,
        *[Skipped(f"{n}.png", "binary") for n in range(12)],
        Skipped("odd.py", "undecodable", "bad byte"),
        Skipped("pkg/a.py", "documented", chunk=good.chunk),
        Failed(good.chunk, "engine", "out of memory"),
        files=14,
        style="google, with sections",
        notes=["A note."],
    )
    text = shown(review, command="codebot annotate pkg")
    assert text[text.index("1 suggestion in") :] == (
        "1 suggestion in 1 file\n"
        "  take them all:  codebot annotate pkg --apply\n"
        "  look into one:  codebot explain 0005beef\n"
        "\n"
        "Read 14 files, 20 chunks: 1 proven, 4 rejected, 14 skipped, 1 failed.\n"
        "  rejected      4  below the calibrated confidence threshold\n"
        "  skipped      12  binary file\n"
        "                1  has a docstring already\n"
        "                1  not text in UTF-8 or in a declared encoding\n"
        "  failed        1  the engine reported an error\n"
        "1 of 7 symbols has a docstring (14 %), 2 with these suggestions (29 %).\n"
        "Files left out:\n"
        "  binary file: 0.png, 1.png, 2.png, and 9 more\n"
        "  not text in UTF-8 or in a declared encoding: odd.py (bad byte)\n"
        "Failed:\n"
        "  pkg/a.py:5 Class.method  the engine reported an error: out of memory\n"
        "Engine: embedded: (codebot-mini, sha256:abababababab)\n"
        "500 tokens read and 20 written in 2.0 s, 10 tokens/s.\n"
        "House style: google, with sections\n"
        "Note: A note.\n"
    )


def test_what_was_written_is_not_offered_again(make: Maker) -> None:
    text = shown(one(make), applied=True)
    assert "1 suggestion in 1 file, written" in text
    assert "--apply" not in text


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (None, "Nothing to suggest: no files to read."),
        ("documented", "Nothing to suggest: there was nothing to ask about."),
        ("rejected", "No suggestions: nothing that the model wrote could be proven."),
        ("failed", "No suggestions: what was asked failed, see below."),
    ],
)
def test_a_run_without_suggestions_says_so_in_one_line(make: Maker, outcome: str | None, line: str) -> None:
    chunk = make.chunk(make.change("a.py", SOURCE))
    outcomes = {
        "documented": Skipped("a.py", "documented", chunk=chunk),
        "rejected": Rejected(chunk, "no-answer"),
        "failed": Failed(chunk, "timeout"),
    }
    text = shown(make.review(*([outcomes[outcome]] if outcome else []), files=bool(outcome)))
    assert text.startswith(line + "\nRead ")


def test_many_failures_are_cut_but_counted(make: Maker) -> None:
    chunk = make.chunk(make.change("a.py", SOURCE))
    text = shown(make.review(*[Failed(chunk, "timeout")] * 50))
    assert text.count("did not answer in time") == 21
    assert "and 30 more; --format json lists all" in text


@pytest.mark.parametrize("color", [True, False])
def test_hostile_text_is_shown_and_never_obeyed(make: Maker, color: bool) -> None:
    change = make.change(HOSTILE, SOURCE)
    suggestion = make.suggestion(
        change,
        5,
        5,
        f'    def method(self, x):\n        """{HOSTILE}"""\n',
        symbol=HOSTILE,
        message=HOSTILE,
        id=HOSTILE,
    )
    review = make.review(
        Verified(suggestion, (Evidence(HOSTILE, passed=False, detail=HOSTILE),)),
        Skipped(HOSTILE, "unreadable", HOSTILE),
        Failed(suggestion.chunk, "engine", HOSTILE),
        notes=[HOSTILE],
        style=HOSTILE,
    )
    text = STYLING.sub("", shown(review, color=color, command=HOSTILE))
    assert all(character.isprintable() or character == "\n" for character in text)
    escaped = "a\\x1b]0;title\\x07\\x1b[31m\\u202e[bold red]b[/]\\r\\n\\x9b2J:smile:\\xe9"
    assert text.count("\\x1b]0;title") >= 10
    assert f"{escaped}:5  {escaped}" in text


@pytest.mark.parametrize("width", [60, 100, 200])
def test_prose_keeps_to_the_width_and_code_is_not_cut(make: Maker, width: int) -> None:
    code = "    def method(self, x):\n        '" + "word " * 60 + "end'\n"
    suggestion = make.suggestion(make.change("a.py", SOURCE), 5, 5, code)
    files = [Skipped(f"some/folder/file{n}.py", "unreadable", "permission was denied") for n in range(9)]
    text = shown(make.review(suggestion, *files, notes=["A note about something. " * 9]), width=width)
    assert "word end'" in text
    assert [line for line in text.splitlines() if len(line) > width and "word" not in line] == []


def test_colour_only_when_asked_for_or_on_a_terminal(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def on_terminal() -> str:
        stream = Terminal()
        render(one(make), "text", stream=stream)
        return stream.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in on_terminal()
    assert "\x1b[" not in shown(one(make))
    assert "\x1b[" in shown(one(make), color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in on_terminal()
    assert STYLING.sub("", shown(one(make), color=True)) == shown(one(make))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
def test_any_terminal_encoding_can_show_it(make: Maker, encoding: str) -> None:
    under = io.BytesIO()
    stream = io.TextIOWrapper(under, encoding=encoding)
    render(make.review(make.suggestion(make.change("日本.py", SOURCE), 5, 5, DOC)), "text", stream=stream)
    stream.flush()
    text = under.getvalue().decode(encoding)
    assert ("✓ grounded" if encoding == "utf-8" else "ok grounded") in text
    assert ("日本.py" if encoding == "utf-8" else "\\u65e5\\u672c.py") in text


@pytest.mark.parametrize(
    ("raw", "edit", "expected"),
    [
        (b"def a():\r\n    return 1\r\n", (1, 1, 'def a():\r\n    """Give."""\r\n'), '  +     """Give."""\n'),
        (b"def a():\r    return 1\r", (1, 1, 'def a():\r    """Give."""\r'), '  +     """Give."""\n'),
        (b"def a(): return 1", (1, 1, 'def a():\n\t"""Give."""\n\treturn 1'), '  +     """Give."""\n'),
        (b"\xef\xbb\xbfx = 1\n", (1, 1, '"""Hold x."""\n\nx = 1\n'), '  + """Hold x."""\n  +\n    x = 1\n'),
    ],
    ids=["crlf", "cr", "no final newline, tabs", "byte-order mark"],
)
def test_odd_files_look_like_any_other(
    make: Maker, raw: bytes, edit: tuple[int, int, str], expected: str
) -> None:
    text = shown(make.review(make.suggestion(make.change("a.py", raw), *edit)))
    assert expected in text
    assert "\\r" not in text


def test_a_new_file_is_shown_whole(make: Maker) -> None:
    suggestion = make.suggestion(make.change("t.py", b"x"), 1, 1, "import x\n\nassert x\n", new_file=True)
    assert "  + import x\n  +\n  + assert x\n" in shown(make.review(suggestion))


@pytest.mark.parametrize(
    "language", ["python", "text", "tsx", "csharp", "c_sharp", "no such language", "\x1b"]
)
def test_any_language_can_be_shown(make: Maker, language: str) -> None:
    suggestion = make.suggestion(make.change("a", SOURCE), 5, 5, DOC)
    suggestion = dataclasses.replace(
        suggestion, chunk=dataclasses.replace(suggestion.chunk, language=language)
    )
    assert '"""Give x.' in STYLING.sub("", shown(make.review(suggestion), color=True))


def test_a_stream_of_bytes_gets_utf_8(make: Maker) -> None:
    stream = io.BytesIO()
    render(one(make), "text", stream=stream)
    assert stream.getvalue().decode("utf-8") == shown(one(make))


def test_an_unknown_format_is_an_error() -> None:
    with pytest.raises(UsageError, match="no format 'pdf'"):
        render(None, "pdf", stream=io.StringIO())  # type: ignore[arg-type]  # not looked at


@settings(
    derandomize=True,
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(st.characters()))
def test_visible_text_is_printable_and_leaves_the_printable_alone(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(text) == text or not text.isprintable()


def test_a_format_costs_only_its_own_imports() -> None:
    """The terminal library is not loaded for JSON or a patch."""
    imports = "import sys, bot.report, bot.report.json, bot.report.patch, bot.report.progress"
    subprocess.run([sys.executable, "-c", f"{imports}; assert 'rich' not in sys.modules"], check=True)


def test_several_tasks_are_told_apart(make: Maker) -> None:
    """With more than one task, the sums stand under each."""
    change = make.change("a.py", b"x = 1\n")
    review = make.review(make.suggestion(change, 1, 1, "x = 2\n"))
    review.take([Skipped("a.py", "documented", chunk=make.chunk(change))], "test")
    text = shown(review)
    assert "Read 1 file, 2 chunks: 1 proven, 0 rejected, 1 skipped, 0 failed." in text
    assert "1 chunk for docstrings: 1 proven" in text
    assert "1 chunk for tests: 0 proven, 0 rejected, 1 skipped" in text
