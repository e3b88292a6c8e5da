"""What the index keeps, how it survives bad files, and that no content is parsed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chunk.extract import extract
from bot.chunk.index import RepoIndex
from bot.chunk.tags import Tags, blob_of, first_sentence
from tests.chunk.linked import FILES, CountingStore, build, listing, write

if TYPE_CHECKING:
    from pathlib import Path


def test_names_lead_to_the_files_that_define_and_use_them(tmp_path: Path) -> None:
    index = build(tmp_path)
    assert [index.paths[f] for f in index.definers("gross_price")] == ["shop/pricing.py"]
    assert "shop/models.py" in [index.paths[f] for f in index.referrers("gross_price")]
    assert index.definers("nowhere") == ()


def test_imports_lead_to_files(tmp_path: Path) -> None:
    index = build(tmp_path)

    def imported(path: str) -> set[str]:
        file = index.file(path)
        assert file is not None
        return {index.paths[f] for f in index.imported(file)}

    assert imported("shop/cart.py") == {"shop/__init__.py", "shop/pricing.py"}
    assert imported("shop/models.py") == {"shop/__init__.py", "shop/base.py", "shop/pricing.py"}
    assert imported("tests/test_pricing.py") == {"shop/pricing.py"}


def test_a_broken_file_keeps_its_sound_parts(tmp_path: Path) -> None:
    index = build(tmp_path)
    file = index.file("shop/broken.py")
    assert file is not None
    assert "sound" in index.defined_names(file)
    assert file in index.referrers("gross_price")


def test_the_same_content_is_parsed_once(tmp_path: Path) -> None:
    files = {**FILES, "copy/pricing.py": FILES["shop/pricing.py"]}
    store = CountingStore()
    first = RepoIndex.build(listing(write(tmp_path, files)), store)
    assert len(store.puts) == len(set(store.puts)) == len(files) - 1
    assert first.parsed == len(files) - 1
    second = RepoIndex.build(listing(tmp_path), store)
    assert (second.parsed, len(store.puts)) == (0, len(files) - 1)
    (tmp_path / "shop/base.py").write_text("class Record:\n    pass\n")
    assert RepoIndex.build(listing(tmp_path), store).parsed == 1


def test_a_content_known_by_its_blob_is_not_even_read() -> None:
    store = CountingStore()
    source = b"def f():\n    return 1\n"
    RepoIndex.build([("a.py", blob_of(source), lambda: source)], store)

    def refuse() -> bytes:
        raise AssertionError("read though its tags were there")

    assert RepoIndex.build([("b.py", blob_of(source), refuse)], store).definers("f") == RepoIndex.build(
        [("a.py", "", lambda: source)]
    ).definers("f")


def test_a_file_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    def gone() -> bytes:
        raise FileNotFoundError

    index = RepoIndex.build([("gone.py", "", gone), *listing(write(tmp_path, FILES))])
    assert index.file("gone.py") is None
    assert index.file("shop/cart.py") is not None


def test_a_large_repository_is_indexed_from_the_files_at_hand(tmp_path: Path) -> None:
    files = {**FILES, **{f"bulk/m{n}.py": f"def bulk{n}():\n    return {n}\n" for n in range(30)}}
    items = list(listing(write(tmp_path, files)))
    index = RepoIndex.build(items, focus=["shop/cart.py"], max_files=7)
    assert index.limited
    assert index.left_out == len(files) - len(index.paths)
    assert {"shop/cart.py", "shop/__init__.py", "shop/pricing.py", "shop/models.py", "shop/base.py"} <= set(
        index.paths
    )
    assert not any(path.startswith("bulk/") for path in index.paths)
    whole = RepoIndex.build(items)
    assert (whole.limited, whole.left_out) == (False, 0)


def test_blob_ids_are_gits() -> None:
    assert blob_of(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_tags_survive_json() -> None:
    tags = extract("python", FILES["shop/models.py"].encode())
    again = Tags.from_json(tags.to_json())
    assert again.to_json() == tags.to_json()
    assert again.definitions[0].doc == "What is sold."
    assert [d.name for d in again.definitions] == [d.name for d in tags.definitions]


def test_local_names_are_no_references() -> None:
    body = "data = load(fetch)\n    return data.shape, [row for row in data]\n"
    source = f"from m import fetch\n\n\ndef f(load):\n    {body}".encode()
    references = extract("python", source).references
    assert "fetch" in references
    assert ".shape" in references
    assert not {"load", "data", "row"} & set(references)


def test_an_assertion_with_variables_is_no_example() -> None:
    lines = [
        "def test_it():",
        "x = 1",
        "assert f(x) == 2",
        "self.assertEqual(g('a'), 3)",
        "assert h(X.Y) == [1]",
    ]
    source = "\n    ".join(lines).encode()
    assert [e.text for e in extract("python", source).examples] == [
        "assert g('a') == 3",
        "assert h(X.Y) == [1]",
    ]


def test_first_sentences() -> None:
    assert first_sentence('"""Do this\n    and that. Then more.\n\n    Args:"""') == "Do this and that."
    assert first_sentence("/**\n * Adds tax.\n * @param n net\n */") == "Adds tax."
    assert first_sentence("/// Adds tax, e.g. 19 %.\n/// More.") == "Adds tax, e.g. 19 %."
    assert first_sentence("") == ""


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([*FILES["shop/models.py"].splitlines(), "\x00", "'''", "((", "é\t"]), max_size=30
    )
)
def test_no_text_makes_extraction_fail(lines: list[str]) -> None:
    source = "\n".join(lines).encode()
    for language in ("python", "javascript", "text"):
        tags = extract(language, source)
        assert all(1 <= d.start_line <= d.end_line for d in tags.definitions)
        assert Tags.from_json(tags.to_json()).to_json() == tags.to_json()
