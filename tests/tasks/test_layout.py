"""Every language's doc comments have their own form, stand in the right place and cannot be broken out of."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chunk.tree import has_error, strip_equal
from bot.data import Rejected, Skipped, Suggestion
from bot.languages import LANGUAGES, detect
from bot.tasks.docstrings import DocOptions, HouseStyle, Target
from bot.tasks.layout import STYLES, comment
from bot.tasks.layout_python import DocText, Entry
from bot.tasks.reading import Refusal
from tests.tasks.conftest import SNIPPETS, decisions, document_all, documented

ALWAYS = DocOptions(sections="always")
SAID = "Adds the item to the cart"
EXPECTED = {
    "shop.js": """/** Adds the item to the cart. */
export class Cart {
  /**
   * Adds the item to the cart.
   *
   * @param item - What it is given.
   * @param count - What it is given. Defaults to 1.
   */
  add(item""",
    "shop.ts": """   * @returns What it is given.
   */
  @Input()
  add(item""",
    "shop.go": "// Cart adds the item to the cart.\ntype Cart struct",
    "shop.rs": """    /// * `count` - What it is given.
    ///
    /// # Returns
    ///
    /// What it is given.
    #[inline]
    pub fn add""",
    "shop.java": """     * @return What it is given.
     */
    @Override
    public <K> int add""",
    "shop.c": "/**\n * @brief Adds the item to the cart.\n *\n * @param cart What it is given.\n",
    "shop.cpp": "/** @brief Adds the item to the cart. */\ntemplate <typename T>\nclass Cart {",
    "shop.cs": '        /// <param name="item">What it is given.</param>\n',
    "shop.rb": "  # Adds the item to the cart.\n  #\n  # @param item What it is given.\n",
    "shop.php": "     * @param Item $item What it is given.\n",
    "shop.kt": "     * @return What it is given.\n     */\n    @JvmStatic\n    fun add",
    "shop.scala": "   * @return What it is given.\n   */\n  @deprecated\n  def add",
    "shop.swift": "    /// - Parameters:\n    ///   - item: What it is given.\n",
    "shop.sh": "#!/bin/bash\n\n# Adds the item to the cart.\ntotal() {",
    "shop.lua": "--- @param item What it is given.\n--- @param count What it is given.\nfunction M.add",
}


def test_there_is_a_snippet_and_a_layout_for_every_language() -> None:
    assert {detect(path, b"") for path in SNIPPETS} | {"python"} == set(LANGUAGES)
    assert {row.doc.style for row in LANGUAGES.values() if row.doc.placement == "before"} <= set(STYLES)


@pytest.mark.parametrize("path", sorted(SNIPPETS))
def test_a_documented_file_parses_as_before_and_is_done(path: str) -> None:
    source, language = SNIPPETS[path].encode(), detect(path, b"")
    assert not has_error(language, source)
    edited = document_all(source, path, options=ALWAYS, text=SAID)
    assert edited != source
    assert not has_error(language, edited)
    assert strip_equal(language, source, edited)
    assert EXPECTED.get(path, SAID) in edited.decode()
    left = [d for d in decisions(edited, path, ALWAYS) if isinstance(d, Target)]
    assert left == []
    assert "documented" in {d.reason for d in decisions(edited, path, ALWAYS) if isinstance(d, Skipped)}


@pytest.mark.parametrize("path", sorted(SNIPPETS))
def test_line_endings_are_kept(path: str) -> None:
    edited = document_all(SNIPPETS[path].replace("\n", "\r\n"), path, options=ALWAYS, text=SAID)
    assert edited.count(b"\n") == edited.count(b"\r\n")


@pytest.mark.parametrize(
    "text",
    ["End */ here", "Nest /* here", "Use @param x", "Write \\u002a here", "Leave ?> php", "Use \\brief x"],
)
@pytest.mark.parametrize("path", sorted(SNIPPETS))
def test_text_that_would_leave_the_comment_is_refused(path: str, text: str) -> None:
    for task in decisions(SNIPPETS[path], path, ALWAYS):
        if isinstance(task, Target):
            refused = documented(task, HouseStyle(), text)
            assert isinstance(refused, Rejected)
            assert refused.reason == "unsafe-text"


@settings(derandomize=True, deadline=None, max_examples=150)
@given(st.text(alphabet="*/\\@#<>&[]-{}\"'`?u 0aB.\n\t$%", max_size=30), st.sampled_from(sorted(SNIPPETS)))
def test_no_text_changes_the_code_around_it(text: str, path: str) -> None:
    language = detect(path, b"")
    source = SNIPPETS[path].encode()
    for task in decisions(source, path, ALWAYS):
        made = documented(task, HouseStyle(), f"Gets {text}") if isinstance(task, Target) else None
        if isinstance(made, Suggestion):
            lines = source.decode().split("\n")
            lines[made.start_line - 1 : made.end_line] = made.replacement.rstrip("\n").split("\n")
            edited = "\n".join(lines).encode()
            assert not has_error(language, edited)
            assert strip_equal(language, source, edited)


@pytest.mark.parametrize(
    ("summary", "line"),
    [
        ("Opens the file.", "// Open opens the file."),
        ("Open the file.", "// Open opens the file."),
        ("Open opens it.", "// Open opens it."),
        ("A file.", "// Open is a file."),
        ("Apply it.", "// Open applies it."),
    ],
)
def test_a_go_comment_starts_with_the_name(summary: str, line: str) -> None:
    assert comment(LANGUAGES["go"].doc, "Open", DocText(summary), 80) == [line]


def test_a_sentence_that_cannot_follow_a_go_name_is_refused() -> None:
    assert isinstance(comment(LANGUAGES["go"].doc, "Open", DocText("Files galore."), 80), Refusal)


def test_mark_up_is_escaped_where_the_form_is_mark_up() -> None:
    doc = DocText("Maps List<T> & more.", (Entry("a", "", "x < y"),))
    lines = comment(LANGUAGES["csharp"].doc, "F", doc, 80)
    assert isinstance(lines, list)
    _, summary, _, parameter = lines
    assert summary == "/// Maps List&lt;T&gt; &amp; more."
    assert parameter == '/// <param name="a">x &lt; y</param>'


def test_long_text_is_wrapped_inside_the_comment() -> None:
    lines = comment(LANGUAGES["java"].doc, "f", DocText("Adds " + "word " * 30 + "end."), 60)
    assert isinstance(lines, list)
    assert all(len(line) <= 60 for line in lines)
    assert all(line.startswith(" * ") for line in lines[1:-1])
