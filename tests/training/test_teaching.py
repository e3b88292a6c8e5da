"""What is asked of a teacher, what is believed of its answers, and what examples are made of both."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.folder import embedded_folder
from training.answers import refused
from training.definitions import definitions, good_summary, shown
from training.examples import Asker, Examples, descriptions, examples
from training.items import Items, items
from training.plain_code import gap, of_code
from training.records import expand, lines, parse
from training.teach import Item, Teach, Wording, batches, messages

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = embedded_folder() / "tokenizer.json"
CODE = '''import time


class Cache:
    """Values that age."""

    def evict(self, now=None):
        """Drop entries that are too old.

        Args:
            now: The time that counts as the present.

        Returns:
            How many entries were dropped from the table.
        """
        now = now or time.time()
        stale = [k for k, born in self.data.items() if now - born > self.ttl]
        for k in stale:
            del self.data[k]
        return len(stale)

    def __len__(self):
        a = 1
        b = 2
        return len(self.data) + a - b


def test_nothing():
    a = 1
    b = 2
    assert a < b
'''


def test_definitions_are_those_that_the_product_describes() -> None:
    found = {one.name: one for one in definitions([("cache.py", CODE), ("tests/test_a.py", CODE)])}
    assert set(found) == {"Cache", "Cache.evict"}
    evict = found["Cache.evict"]
    assert evict.summary == "Drop entries that are too old."
    text = shown(evict)
    assert text.startswith("import time\n")
    assert "class Cache" in text
    assert "too old" not in text


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("Drop entries that are too old.", True),
        ("TODO", False),
        ("See the base class for it.", False),
        (":param x: the number of things", False),
    ],
)
def test_people_s_summaries_are_sentences_about_code(text: str, fine: bool) -> None:
    assert good_summary(text) is fine


@pytest.mark.parametrize(
    ("answer", "logprobs", "why"),
    [
        ("Delete what is stale in the data by now and return its length.", [-0.1] * 12, ""),
        ("Delete what is stale in the data by now and return its length.", [-2.0] * 12, "unsure"),
        ("Delete what is stale in the data by now and return its length.", [-0.1] * 11 + [-9.0], "unsure"),
        ("Drop it", [-0.1] * 3, "form"),
        ("This method drops stale entries from the data.", [-0.1] * 9, "opening"),
        ("Evict.", [-0.1] * 2, "form"),
        ("Drop the stale entries that `Journal.rotate` wrote.", [-0.1] * 9, "ungrounded"),
    ],
)
def test_an_answer_is_believed_where_it_is_sure_and_borne_out(
    answer: str, logprobs: list[float], why: str
) -> None:
    code = next(shown(one) for one in definitions([("cache.py", CODE)]) if one.name == "Cache.evict")
    assert refused(answer, logprobs, "Cache.evict", code) == why


@given(st.lists(st.integers(1, 1000), max_size=60))
def test_every_item_is_asked_once_in_batches_that_fit(lengths: list[int]) -> None:
    settings = Teach(tokens=5000, rows=7, answer=40, longest=900)
    asked = [n for batch in batches(lengths, settings) for n in batch]
    assert sorted(asked) == [n for n, length in enumerate(lengths) if length <= 900]
    for batch in batches(lengths, settings):
        assert len(batch) <= 7
        assert len(batch) * (max(lengths[n] for n in batch) + 40) <= 5000 or len(batch) == 1


def test_a_teacher_is_shown_examples_of_the_kind_it_is_asked_about() -> None:
    first, second = (
        messages(Item("1", "function", "f", code), Wording.read()) for code in ("a = 1", "b = 2")
    )
    assert first[:-1] == second[:-1]
    assert [turn["role"] for turn in first] == [
        "system",
        *["user", "assistant"] * (len(first) // 2 - 1),
        "user",
    ]
    assert "a = 1" in first[-1]["content"]


@pytest.fixture
def asker() -> Asker:
    return Asker(TOKENIZER, (320, 448), 1024)


def test_descriptions_are_asked_for_as_the_product_asks(asker: Asker) -> None:
    """Behind the lead-in that it writes itself: the section and the parameter's name."""
    evict = next(one for one in definitions([("cache.py", CODE)]) if one.name == "Cache.evict")
    found = {said for n in range(20) for said in descriptions(evict, asker, random.Random(n))}  # noqa: S311 - no secret
    assert {said.kind for said in found} == {"param", "returns"}
    for said in found:
        before = said.prompt.partition("<fim_suffix>")[0]
        assert before.endswith("now:" if said.kind == "param" else "Returns:\n")
        assert "Drop entries that are too old." in before
        assert said.answer.strip() not in said.prompt


def test_a_gap_and_what_is_around_it_are_the_code(asker: Asker) -> None:
    text = CODE * 4
    for n in range(20):
        found = gap(text, asker.info.prompting.specials, random.Random(n))  # noqa: S311 - no secret
        assert found is not None
        prompt, middle = found
        before, _, rest = prompt.removeprefix("<fim_prefix>").partition("<fim_suffix>")
        assert before + middle + rest.removesuffix("<fim_middle>") in text


def test_code_is_learnt_in_gaps_and_from_left_to_right_up_to_a_number_of_each() -> None:
    files = [(f"src/{n}.py", f"# {n}\n" + CODE * 60) for n in range(30)]
    made = list(of_code("demo", files, ("<fim_middle>",), random.Random(1), gaps=7, stretches=5))  # noqa: S311 - as above
    assert Counter(one.kind for one in made) == {"fim": 7, "left": 5}
    for one in made:
        if one.kind == "left":
            assert not one.prompt
            assert one.answer.endswith("\n")
            assert any(f"\n{one.answer}" in f"\n{text}" for _, text in files)
    assert not list(of_code("demo", [("a.py", "x = 1\n")], (), random.Random(1), gaps=7, stretches=5))  # noqa: S311 - as above


def test_examples_take_a_teacher_s_word_else_people_s(tmp_path: Path) -> None:
    """Nothing is dropped silently: the step says why answers were not used."""
    other = CODE.replace("Cache", "Store").replace("stale", "old")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "demo.json").write_text(json.dumps([["cache.py", CODE], ["store.py", other]]))
    assert items(Items(jobs=1), tmp_path) == {"projects": 1, "items": 4}
    with gzip.open(tmp_path / "items.jsonl.gz", "rt") as stream:
        asked = {item["name"]: item for item in map(json.loads, stream)}
    told = "Delete what is stale in the data by now and return its length."
    rows: list[dict[str, Any]] = [
        {"id": asked["Cache.evict"]["id"], "text": told, "lp": [-0.1] * 12},
        {"id": asked["Store.evict"]["id"], "text": told, "lp": [-3.0] * 12},
    ]
    with gzip.open(tmp_path / "answers.jsonl.gz", "wt") as out:
        out.write("".join(json.dumps(row) + "\n" for row in rows))
    told_by = ("answers.jsonl.gz",)
    settings = Examples(answers=told_by, tokenizer=str(TOKENIZER), jobs=1, people=0.5, fixes=0)
    done = examples(settings, tmp_path)
    assert done["summaries"]["teacher's"] == 1
    assert done["summaries"]["teacher refused: unsure"] == 1
    made = [parse(line) for line in lines(expand(tmp_path, ["examples/*.jsonl.gz"]))]
    summaries = {(e.answer, e.weight) for e in made if e.kind == "summary"}
    assert (told, 1.0) in summaries
    assert ("Drop entries that are too old.", 0.5) in summaries
    for one in made:
        assert one.prompt.startswith("<fim_prefix>")
        assert one.prompt.endswith("<fim_middle>")
