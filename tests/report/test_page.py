"""The HTML report as a file: whole without a script, nothing from outside, every string escaped."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from bot.data import Evidence, Failed, Rejected, Skipped, Verified
from bot.ledger import Coverage
from bot.ports import EngineInfo
from bot.report import render
from bot.report.page.highlight import highlight
from bot.report.page.tree import tree
from tests.report.test_json import ODD, full
from tests.report.test_markdown import DOC, SOURCE

if TYPE_CHECKING:
    from bot.ledger import Review
    from tests.report.conftest import Maker

HOSTILE = (
    "</script></style><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "\"'><a href=\"javascript:document.title='owned'\">{{ 7 * 7 }}</a>\u202e\x1b[31m"
)
VOID = {"meta", "input", "img", "br", "hr", "link"}


class Page(HTMLParser):
    """Reads a page as a browser would, and keeps what matters."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID and not (self.open and self.open[-1] == "svg" and tag == "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> does not close what is open"

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        """What a reader sees."""
        return "".join(data for tag, data in self.texts if tag not in {"style", "script", "title"})


def html(review: Review, **options: str) -> str:
    stream = io.StringIO()
    render(review, "html", stream=stream, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def hostile(make: Maker) -> Review:
    change = make.change(f"{HOSTILE}/a.py", SOURCE)
    evil = make.suggestion(
        change,
        5,
        5,
        f"    def method(self, x):\n        '{HOSTILE}'\n",
        symbol=HOSTILE,
        message=f"Fix `{HOSTILE}`",
        id=HOSTILE,
    )
    review = make.review(
        Verified(evil, (Evidence(HOSTILE, passed=False, detail=HOSTILE),)),
        make.suggestion(make.change("b.py", SOURCE), 5, 5, DOC, task="fix"),
        Failed(evil.chunk, "engine", HOSTILE),
        Skipped(HOSTILE, "unreadable", HOSTILE),
        notes=[HOSTILE],
        style=HOSTILE,
    )
    review.engine = EngineInfo(HOSTILE, HOSTILE, HOSTILE, "", 0)
    return review


def test_everything_is_there_without_a_script(make: Maker) -> None:
    good = make.suggestion(make.change("pkg/a.py", SOURCE), 5, 5, DOC, message="Document `Class.method`")
    review = make.review(
        good,
        Rejected(good.chunk, "unconfident", completions=good.completions),
        Skipped("pkg/a.py", "documented", chunk=good.chunk),
        Skipped("b.bin", "binary"),
        Failed(good.chunk, "engine", "out of memory"),
        notes=["A note."],
        style="google, with sections",
    )
    page = Page(html(review, command="codebot annotate pkg"))
    assert page.open == []
    for words in (
        "1 suggestion in 1 file",
        "Take them all: codebot annotate pkg --apply",
        'def method(self, x):\n        """Give x."""\n        return x\n',
        "5 checks passed · confidence 0.83 ≥ 0.70",
        "identical without the docstring",
        "codebot explain 0005beef",
        "25 %",
        "→ 50 %",
        "1 of 4 symbols before; 2 with these suggestions",
        "below the calibrated confidence threshold",
        "out of memory",
        "b.bin",
        "A note.",
        "google, with sections",
        "200 read, 8 written",
    ):
        assert words in page.text or words in re.sub(r"\s+", " ", page.text), words


def test_it_asks_for_nothing_from_outside(make: Maker) -> None:
    text = html(full(make))
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {"src", "srcset", "style", "action", "background"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text


def test_its_policy_allows_its_own_style_and_script_and_no_more(make: Maker) -> None:
    page = Page(html(make.review()))
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    for tag in ("style", "script"):
        (code,) = [data for name, data in page.texts if name == tag]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in (policy or "")
    assert "default-src 'none'" in (policy or "")
    assert "unsafe" not in (policy or "")


def test_hostile_text_is_text(make: Maker) -> None:
    calm, text = Page(html(make.review())), html(hostile(make))
    page = Page(text)
    assert page.open == []
    count = [tag for tag, _ in page.tags].count
    assert (count("script"), count("style")) == (1, 1)
    assert not {"img", "iframe"} & {tag for tag, _ in page.tags}
    assert page.text.count("document.title='owned'") >= 10
    assert "{{ 7 * 7 }}" in page.text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert all(c.isprintable() or c in "\n\t" for c in text)
    assert [d for t, d in page.texts if t == "script"] == [d for t, d in calm.texts if t == "script"]


def test_a_name_that_is_not_utf_8_can_be_written(make: Maker) -> None:
    text = html(make.review(make.suggestion(make.change(ODD, SOURCE), 5, 5, DOC)))
    assert "d/caf\\xe9.py" in text
    text.encode("utf-8")


@pytest.mark.parametrize("applied", [True, False])
def test_what_was_written_is_not_offered_again(make: Maker, applied: bool) -> None:
    stream = io.StringIO()
    good = make.suggestion(make.change("a.py", SOURCE), 5, 5, DOC)
    render(make.review(good), "html", stream=stream, applied=applied)
    assert ("--apply" in Page(stream.getvalue()).text) is not applied


def test_a_run_without_suggestions_says_why(make: Maker) -> None:
    page = Page(html(make.review(files=0)))
    assert "Nothing to suggest: no files to read." in page.text
    assert "article" not in {tag for tag, _ in page.tags}


def test_several_tasks_have_a_column_each(make: Maker) -> None:
    review = make.review(make.suggestion(make.change("a.py", SOURCE), 5, 5, DOC))
    review.take([Skipped("a.py", "documented", chunk=make.chunk(make.change("a.py", SOURCE)))], "test")
    text = re.sub(r"\s+", " ", Page(html(review)).text)
    assert "OutcomeReasondocstringtestall" in text.replace(" ", "")
    assert "functions that get a test" in text


def test_what_new_tests_reach_is_added_up_where_it_was_measured(make: Maker) -> None:
    evidence = (Evidence("reaches", passed=True, detail="+3 lines, +1 branch"),)
    change = make.change("a.py", SOURCE)
    review = make.review()
    for name in ("t.py", "u.py"):
        new = make.suggestion(
            make.change(name, b"x"), 1, 1, "x\n", task="test", new_file=True, covers=(make.chunk(change),)
        )
        review.take([Verified(new, evidence)], "test")
    text = re.sub(r"\s+", " ", Page(html(review)).text)
    assert "2 functions that get a test; 6 lines and 2 branches are reached for the first time" in text


def test_folders_add_up_their_files_and_lone_ones_are_joined() -> None:
    coverage = {
        "src/pkg/a.py": Coverage(1, 1, 0),
        "src/pkg/sub/b.py": Coverage(0, 0, 2),
        "setup.py": Coverage(1, 0, 0),
        "src/pkg/": Coverage(0, 0, 0),  # odd, yet a path
    }
    setup, src = tree(coverage, {"src/pkg/a.py": "file-0"})
    assert (setup["name"], setup["coverage"]["share"]) == ("setup.py", "100 %")
    assert (src["name"], src["sum"]) == ("src/pkg/", Coverage(1, 1, 2))
    assert [(node["name"], node["coverage"]["share"]) for node in src["children"]] == [
        ("", "0 %"),
        ("a.py", "100 %"),
        ("sub/", "0 %"),
    ]


@pytest.mark.parametrize("language", ["python", "tsx", "c_sharp", "rust", "text", "no such language"])
def test_highlighted_code_is_the_code(language: str) -> None:
    lines = ["def f(x):", '    """Give', "", "    x'", "\treturn 'é\u65e5' # 1", "", "`${"]
    found = highlight(lines, language)
    assert ["".join(text for _, text in line) for line in found] == lines
    assert highlight([], language) == []
