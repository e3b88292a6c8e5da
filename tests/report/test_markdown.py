"""Markdown: read by a real Markdown parser, it shows what it should, pings nobody and keeps to its size."""

from __future__ import annotations

import dataclasses
import io
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.data import Evidence, Failed, Rejected, Skipped, Verified
from bot.report import render
from bot.report.markdown import render as markdown
from bot.report.md import code, cut, fence, prose, size

if TYPE_CHECKING:
    from bot.data import Task
    from bot.ledger import Review
    from tests.report.conftest import Maker

SOURCE = b"import os\n\n\nclass Class:\n    def method(self, x):\n        return x\n\n    y = 1\n"
DOC = '    def method(self, x):\n        """Give x."""\n'
HOSTILE = (
    "a`b` @octocat #12 GH-3 <script>x</script> [c](https://evil.example) ![i](//x) | ~~s~~"
    "\n## H\n```\nx\u202e"
)
READER = MarkdownIt("gfm-like", {"html": True, "linkify": False})


def one(make: Maker) -> Review:
    return make.review(make.suggestion(make.change("pkg/a.py", SOURCE), 5, 5, DOC))


def test_it_reads_as_a_report(make: Maker) -> None:
    good = make.suggestion(make.change("pkg/a.py", SOURCE), 5, 5, DOC, message="Document `Class.method`")
    review = make.review(
        good,
        Rejected(good.chunk, "unconfident", completions=good.completions),
        Skipped("pkg/a.py", "documented", chunk=good.chunk),
        Failed(good.chunk, "engine", "out of memory"),
        notes=["A note."],
    )
    text = markdown(review, command="codebot annotate pkg")
    assert text.startswith(
        "## codebot: 1 suggestion in 1 file\n"
        "\n"
        "1 of 4 symbols has a docstring (25 %), 2 with these suggestions (50 %).\n"
        "\n"
        "> A note.\n"
        "\n"
        "Take them all: `codebot annotate pkg --apply`\n"
        "\n"
        "### `pkg/a.py`\n"
        "\n"
        "**Line 5** `Class.method`: Document `Class.method`\n"
        "\n"
        "```diff\n"
        " class Class:\n"
        "     def method(self, x):\n"
        '+        """Give x."""\n'
        "         return x\n"
        "```\n"
        "\n"
        "✓ syntax tree unchanged · ✓ matches signature · ✓ grounded · ✓ confidence 0.83 ≥ 0.70 · 1 more check"
        " · `codebot explain 0005beef`\n"
    )
    assert "| rejected | 1 | below the calibrated confidence threshold |" in text
    assert "- `pkg/a.py:5` the engine reported an error: out of memory" in text
    assert "<h2>codebot: 1 suggestion" in READER.render(text)


def hostile(make: Maker) -> Review:
    change = make.change(HOSTILE, SOURCE)
    evil = make.suggestion(
        change, 5, 5, f"    def method(self, x):\n{HOSTILE}\n", message=HOSTILE, symbol=HOSTILE, id=HOSTILE
    )
    return make.review(
        Verified(evil, (Evidence(HOSTILE, passed=False, detail=HOSTILE),)),
        Failed(evil.chunk, "engine", HOSTILE),
        notes=[HOSTILE],
        style=HOSTILE,
    )


def test_hostile_text_is_shown_and_never_obeyed(make: Maker) -> None:
    text = markdown(hostile(make), command=HOSTILE)
    page = READER.render(text)
    assert "<script" not in page
    assert "<a " not in page
    assert "<img" not in page
    assert page.count("<h2>") == 1
    assert page.count("<pre>") == 1
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    outside = re.sub(r"<(code|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert re.search(r"@\w|#\d|GH-\d|://\w|//x\)", outside.replace("(//x)", "")) is None
    assert "\u202e" not in text


@pytest.mark.parametrize("limit", [2_000, 10_000, 65_535])
def test_it_keeps_to_its_size_and_says_what_is_left_out(make: Maker, limit: int) -> None:
    change = make.change("pkg/a.py", SOURCE * 400)
    many = [make.suggestion(change, 8 * n + 5, 8 * n + 5, DOC) for n in range(400)]
    text = markdown(make.review(*many), limit=limit)
    assert size(text) <= limit
    shown = text.count("codebot explain")
    (left_out,) = re.findall(r"\*\*(\d+) more suggestions\*\* would not fit here", text)
    assert shown + int(left_out) == 400
    assert text.count("```diff\n") == shown
    assert shown > limit // 1_000


def test_one_that_is_too_long_does_not_keep_out_the_others(make: Maker) -> None:
    long = make.suggestion(make.change("a.py", SOURCE), 5, 5, DOC + "x" * 20_000 + "\n")
    text = markdown(make.review(long, make.suggestion(make.change("b.py", SOURCE), 5, 5, DOC)), limit=10_000)
    assert "### `b.py`" in text
    assert "**1 more suggestion** would not fit" in text


def test_a_run_without_suggestions_says_why(make: Maker) -> None:
    stream = io.StringIO()
    render(make.review(files=0), "markdown", stream=stream)
    assert stream.getvalue().startswith("## codebot: Nothing to suggest: no files to read.\n")


def test_a_new_file_and_odd_line_ends(make: Maker) -> None:
    new = make.suggestion(make.change("t.py", b"x"), 1, 1, "import x\n```\n", new_file=True)
    text = markdown(make.review(new))
    assert "**New file** " in text
    assert "````diff\n+import x\n+```\n````\n" in text or "```diff\n+import x\n+```\n```\n" in text
    crlf = make.suggestion(
        make.change("a.py", SOURCE.replace(b"\n", b"\r\n")), 5, 5, DOC.replace("\n", "\r\n")
    )
    assert "\r" not in markdown(make.review(crlf))


@settings(
    derandomize=True,
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(st.sampled_from("ab`*_[]()<>!#|~&\\ @\n1.-+"), max_size=12))
def test_any_text_comes_back_out_of_a_parser(text: str) -> None:
    """A span, a block and a sentence are each one thing, whatever is in them."""
    flat = text.replace("\n", "\\n")
    if flat.strip():
        (block,) = [t for t in READER.parse("x " + code(text)) if t.type == "inline"]
        spans = [child for child in block.children or [] if child.type == "code_inline"]
        assert [span.content.strip() for span in spans] == [flat.strip()]
    (token,) = READER.parse(fence(text))
    assert token.type == "fence"
    assert token.content.rstrip("\n") == text.rstrip("\n")
    rendered = READER.render("x " + prose(text))
    assert rendered.startswith("<p>x")
    assert rendered.count("<p>") == 1
    assert re.findall(r"<(?!/?(?:p|code)>)", rendered) == []


def test_a_cut_is_in_bytes_and_leaves_whole_characters() -> None:
    assert cut("é" * 10, 20) == "é" * 10
    assert cut("é" * 11, 20) == "é" * 8 + "…"


def test_a_frozen_suggestion_of_any_task_has_a_place(make: Maker) -> None:
    good = make.suggestion(make.change("pkg/a.py", SOURCE), 5, 5, DOC)
    places: list[tuple[Task, int]] = [("docstring", 5), ("test", 6), ("fix", 6)]
    for task, line in places:  # the symbol's, or the first that changes
        assert f"**Line {line}**" in markdown(make.review(dataclasses.replace(good, task=task)))
