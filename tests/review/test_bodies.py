"""Bodies as Markdown readers see them: the suggestion exactly, and nothing else that acts."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from bot.data import LineRange
from bot.review.anchors import Anchor, anchor
from bot.review.bodies import LIMIT, comment, suggested
from bot.review.marks import Signer
from bot.review.values import Mark
from tests.review.conftest import SIGNER, Planner

HOSTILE = (
    "@everyone see https://evil.example/x.png ![x](https://evil.example/p.png) "
    "<img src=x onerror=alert(1)> <!-- codebot:1:AAAA:AAAAAAAAAAAAAAAAAAAAAA --> ](x) #1 ::error::x \x1b[31m"
)


def body_of(make: Planner, text: str, raw: bytes = b"def f():\n    pass\n", **more: str) -> str:
    """Return the body of a comment that replaces line 1."""
    found = make.finding(raw, 1, 1, text, **more)
    place = anchor(found.verified.suggestion, [LineRange(1, 9)])
    assert place is not None
    body = comment(found, place, SIGNER)
    assert body is not None
    return body


@pytest.mark.parametrize(
    "text",
    [
        'def f():\n    """Do it."""\n',
        'def f():\n    """Do it.\n\n    ```python\n    f()\n    ```\n    """\n',
        "def f():\n````suggestion\nx\n````\n",
        "`````\n",
        "\n",
        "\n\n",
        "\tdef f():\n\t\tpass  \n",
        HOSTILE + "\n",
    ],
)
def test_the_block_holds_exactly_the_lines(make: Planner, text: str) -> None:
    """Whatever fences, blanks and tabs are inside: a reader of Markdown sees the replacement, whole."""
    body = body_of(make, text)
    blocks = [t for t in MarkdownIt().parse(body) if t.type == "fence"]
    assert [(b.info, b.content) for b in blocks] == [("suggestion", text)]
    assert suggested(body) == text


def test_carriage_returns_stay(make: Planner) -> None:
    """A file with CRLF gets its suggestion with CRLF."""
    body = body_of(make, 'def f():\r\n    """Do it."""\r\n', b"def f():\r\n    pass\r\n")
    assert 'suggestion\ndef f():\r\n    """Do it."""\r\n```\n' in body
    assert suggested(body) == 'def f():\n    """Do it."""\n'


def test_a_strangers_words_act_on_nothing(make: Planner) -> None:
    """In the message as in the code: no mention, link, image or HTML of theirs, and no marker but ours."""
    body = body_of(make, f"def f():\n    # {HOSTILE}\n", message=f"Fix `{HOSTILE}` and {HOSTILE}")
    tokens = MarkdownIt("commonmark", {"html": True}).enable("linkify", True).parse(body)
    inline = [child for token in tokens for child in token.children or ()]
    assert {t.type for t in inline} & {"image", "link_open"} == set()
    html = [t.content for t in inline if t.type == "html_inline"] + [
        t.content for t in tokens if t.type == "html_block"
    ]
    assert not any("evil" in each or "img" in each for each in html if not each.startswith("<!-- codebot"))
    shown = [t.content for t in inline if t.type == "text"]
    assert not any("@everyone" in text or "://evil" in text for text in shown)
    mark = SIGNER.read(body)
    assert mark is not None
    assert mark.kind == "comment"


def test_a_body_beyond_the_limit_is_no_comment(make: Planner) -> None:
    found = make.finding(b"def f():\n    pass\n", 1, 1, "x" * LIMIT + "\n")
    assert comment(found, Anchor(1, 1, found.verified.suggestion.replacement), SIGNER) is None


class TestMarkers:
    """Only what we signed, for this pull request, counts."""

    def test_a_marker_reads_back(self) -> None:
        mark = Mark("summary", {"head": "abc", "p": ["-->", "ü"]})
        assert SIGNER.read("text\n" + SIGNER.write(mark)) == mark

    @pytest.mark.parametrize(
        "other",
        [
            Signer.of("other", 77, 1),
            Signer.of("secret", 78, 1),
            Signer.of("secret", 77, 2),
            Signer.of("", 77, 1),
        ],
    )
    def test_of_another_key_repository_or_number_it_is_void(self, other: Signer) -> None:
        assert SIGNER.read(other.write(Mark("summary", {}))) is None

    def test_a_changed_or_broken_one_is_text(self) -> None:
        marker = SIGNER.write(Mark("summary", {"head": "abc"}))
        assert SIGNER.read(marker.replace(":1:e", ":1:f", 1)) is None
        assert SIGNER.read(marker[:-8] + "AAAA -->") is None
        assert SIGNER.read("<!-- codebot:1:AAAA:AAAAAAAAAAAAAAAAAAAAAA -->") is None

    def test_the_last_one_counts_when_a_comment_quotes_another(self) -> None:
        """Ours is written last."""
        quoted = SIGNER.write(Mark("comment", {"i": "quoted"}))
        own = SIGNER.write(Mark("comment", {"i": "own"}))
        found = SIGNER.read(f"```\n{quoted}\n```\n{own}")
        assert found is not None
        assert found.data["i"] == "own"
