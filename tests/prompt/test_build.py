"""Prompts: the exact formats, and that none exceeds its model's window in true tokens."""

from __future__ import annotations

import argparse
import inspect
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.data import Chunk, Prompt, Skipped, Snippet
from bot.prompt.build import build
from bot.prompt.template import wording_for
from tests.prompt.source import EMBEDDED_SHAPE, chunk_of, chunks_of, info_of, tokenizer_of

SOURCE = textwrap.dedent(
    """
    import os
    import re
    from typing import Any


    class Store(dict):
        kind = "x"

        @property
        def size(self) -> int:
            total = 0
            for name in os.listdir(self.root):
                total += os.path.getsize(name)
            return total
    """
)
LIBRARY = chunks_of(Path(inspect.getsourcefile(argparse) or "").read_bytes(), path="argparse.py")


def asked(
    chunk: Chunk,
    tokenizer_name: str = "embedded",
    *,
    window: int = 1024,
    shape: dict[str, object] | None = None,
    purpose: str = "summary",
    snippets: tuple[Snippet, ...] = (),
    max_tokens: int = 64,
    answer_prefix: str = "",
    repository: str = "",
) -> Prompt | Skipped:
    tokenizer = tokenizer_of(tokenizer_name)
    info = info_of(tokenizer, window, **(EMBEDDED_SHAPE if shape is None else shape))
    wording = wording_for("docstring", info)
    return build(
        chunk,
        "docstring",
        purpose,
        snippets,
        info,
        tokenizer,
        wording=wording,
        max_tokens=max_tokens,
        answer_prefix=answer_prefix,
        repository=repository,
    )


def prompt_of(value: Prompt | Skipped) -> Prompt:
    assert isinstance(value, Prompt)
    return value


def test_the_embedded_model_gets_exactly_the_form_it_was_trained_on() -> None:
    prompt = prompt_of(asked(chunk_of(SOURCE, "Store.size")))
    assert prompt.text == (
        "<fim_prefix>import os\n\n\n"
        "class Store(dict):\n"
        "    @property\n"
        "    def size(self) -> int:\n"
        '        """<fim_suffix>"""\n'
        "        total = 0\n"
        "        for name in os.listdir(self.root):\n"
        "            total += os.path.getsize(name)\n"
        "        return total\n"
        "<fim_middle>"
    )
    assert prompt.tokens == tokenizer_of("embedded").count(prompt.text)
    assert prompt.form == "fim"


def test_the_baseline_is_the_same_prompt_without_the_body() -> None:
    prompt = prompt_of(asked(chunk_of(SOURCE, "Store.size")))
    before, after = prompt.text.split("<fim_suffix>")
    assert prompt.baseline.split("<fim_suffix>") == [before, '"""\n        ...\n<fim_middle>']
    assert after != prompt.baseline


def test_answers_end_at_the_closing_quotes_the_line_end_or_a_special_token() -> None:
    stop = prompt_of(asked(chunk_of(SOURCE, "Store.size"))).stop
    assert {'"""', "\n", "<|endoftext|>", "<fim_prefix>"} <= set(stop)


def test_a_class_is_asked_about_with_its_whole_body() -> None:
    text = prompt_of(asked(chunk_of(SOURCE, "Store"))).text
    assert text.startswith(
        '<fim_prefix>import os\n\n\nclass Store(dict):\n    """<fim_suffix>"""\n    kind = "x"\n'
    )
    assert "getsize" in text


def test_a_follow_up_goes_on_from_what_the_docstring_says() -> None:
    lead = "Return the size.\n\n        Returns:\n            "
    prompt = prompt_of(asked(chunk_of(SOURCE, "Store.size"), purpose="returns", answer_prefix=lead))
    before, after = prompt.text.split("<fim_suffix>")
    assert before.endswith('        """' + lead)
    assert after.startswith('\n        """\n        total = 0\n')


def test_a_doc_comment_above_a_definition_is_asked_for_above_it() -> None:
    source = "package p\n\nfunc Add(a int, b int) int {\n\treturn a + b\n}\n"
    text = prompt_of(asked(chunk_of(source, "Add", "go", "a.go"))).text
    assert (
        text == "<fim_prefix>// <fim_suffix>\nfunc Add(a int, b int) int {\n\treturn a + b\n}\n<fim_middle>"
    )


def test_linked_context_goes_in_front_as_comments_where_the_wording_wants_it() -> None:
    linked = (
        Snippet("uses", "a/b.py", "listing", "def listing(root: str) -> list[str]"),
        Snippet("recent", "c.py", "other", "def other()"),
    )
    prompt = prompt_of(asked(chunk_of(SOURCE, "Store.size"), window=2048, shape={}, snippets=linked))
    assert prompt.text.startswith(
        "<fim_prefix># a/b.py: def listing(root: str) -> list[str]\nimport os\n\n\nclass"
    )
    assert prompt.context.included == linked[:1]
    assert prompt.context.cut == linked[1:]
    plain = prompt_of(asked(chunk_of(SOURCE, "Store.size"), snippets=linked))
    assert plain.context.cut == linked  # the embedded model was not trained with any


def test_starcoder2_has_its_repository_form() -> None:
    linked = (Snippet("uses", "a/b.py", "listing", "def listing(root):\n    ..."),)
    prompt = prompt_of(
        asked(
            chunk_of(SOURCE, "Store"), "starcoder2", window=0, shape={}, snippets=linked, repository="own/er"
        )
    )
    start = "<repo_name>own/er<file_sep>a/b.py\ndef listing(root):\n    ...\n<file_sep>"
    start += "<fim_prefix>pkg/module.py\nimport"
    assert prompt.text.startswith(start)
    assert "<file_sep>" in prompt.stop


def test_names_of_files_need_not_be_unicode() -> None:
    linked = (Snippet("uses", "a\udcff.py", "listing", "def listing(root)"),)
    prompt = prompt_of(asked(chunk_of(SOURCE, "Store.size"), window=2048, shape={}, snippets=linked))
    assert prompt.text.startswith("<fim_prefix># a\\udcff.py: def listing(root)\n")


def test_starcoder2_without_context_has_the_plain_form() -> None:
    prompt = prompt_of(asked(chunk_of(SOURCE, "Store"), "starcoder2", window=0, shape={}))
    assert prompt.text.startswith("<fim_prefix>import os\n\n\nclass Store(dict):")


def test_a_signature_too_large_for_the_window_is_skipped_with_that_reason() -> None:
    source = "def f(" + ", ".join(f"parameter_{i}=None" for i in range(200)) + "):\n    return 1\n"
    skipped = asked(chunk_of(source, "f"))
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "too-long"


@pytest.mark.parametrize("size", [(320, 448), None])
def test_a_long_body_is_cut_after_a_line_and_the_signature_stays(size: tuple[int, int] | None) -> None:
    body = "".join(f"    value_{i} = compute(value_{i - 1}, {i})\n" for i in range(1, 400))
    prompt = prompt_of(asked(chunk_of(f"def long(value_0):\n{body}", "long"), shape={"fim_limits": size}))
    before, after = prompt.text.split("<fim_suffix>")
    assert before.endswith('def long(value_0):\n    """')
    kept = after.removesuffix("<fim_middle>").removeprefix('"""\n')
    assert body.startswith(kept)
    assert kept.endswith(")\n")
    assert prompt.tokens > (480 if size is None else 400)


@pytest.mark.parametrize("name", ["embedded", "starcoder", "starcoder2"])
def test_no_prompt_exceeds_its_window_or_holds_a_special_token_of_the_users(name: str) -> None:
    tokenizer = tokenizer_of(name)
    special_ids = {tokenizer.vocabulary()[s] for s in tokenizer.specials}
    expected = sorted(tokenizer.vocabulary()[s] for s in ("<fim_prefix>", "<fim_middle>", "<fim_suffix>"))
    planted = st.sampled_from([*tokenizer.specials, '"""', "\u00e9\u00e8", "\U0001f600", "\t", "x" * 300])

    @settings(derandomize=True, deadline=None, max_examples=40)
    @given(
        st.sampled_from(LIBRARY),
        st.integers(90, 1400),
        st.sampled_from([16, 64]),
        st.one_of(st.none(), st.tuples(st.integers(20, 400), st.integers(20, 500))),
        st.lists(planted, max_size=3),
    )
    def holds(
        chunk: Chunk, window: int, answer: int, limits: tuple[int, int] | None, texts: list[str]
    ) -> None:
        assert chunk.symbol is not None
        source = f"def f(a, b={' '.join(texts)!r}):\n    # {' '.join(texts)}\n".encode()
        target = chunk_of(source + b"    return a\n", "f") if texts else chunk
        linked = tuple(Snippet("uses", f"{t}.py", "s", f"def g({t})") for t in texts)
        shape: dict[str, object] = {"wording": "starcoder", "fim_limits": limits}
        prompt = asked(target, name, window=window, shape=shape, snippets=linked, max_tokens=answer)
        if isinstance(prompt, Skipped):
            assert prompt.reason == "too-long"
            return
        ids = tokenizer.ids(prompt.text)
        assert prompt.tokens == len(ids)
        assert len(ids) + answer <= window
        assert sorted(i for i in ids if i in special_ids) == expected
        assert len(tokenizer.ids(prompt.baseline)) + answer <= window
        if limits is not None:
            before, after = prompt.text.removeprefix("<fim_prefix>").split("<fim_suffix>")
            assert tokenizer.count(before) <= limits[0]
            assert tokenizer.count(after.removesuffix("<fim_middle>")) <= limits[1]

    holds()
