"""Examples become rows: nothing is cut, mixed up or counted that should not be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines.folder import embedded_folder
from training.fitting import best_fit
from training.records import END, Example, write

np = pytest.importorskip("numpy", reason="packing needs numpy")

from training.pack import CONTEXT, FULL, NEVER, Pack, pack  # noqa: E402 - after numpy is known to be there
from training.rows import Mixture, Rows, documents, weights  # noqa: E402 - likewise

if TYPE_CHECKING:
    from pathlib import Path

TOKENIZER = str(embedded_folder() / "tokenizer.json")
PROMPT = '<fim_prefix>def f(x):\n    """<fim_suffix>"""\n    return x + {n}<fim_middle>'


@given(st.lists(st.integers(1, 40)))
def test_documents_neither_overlap_nor_leave_their_rows(lengths: list[int]) -> None:
    places = best_fit(lengths, 40)
    taken = [(row, at + n) for (row, at), length in zip(places, lengths, strict=True) for n in range(length)]
    assert len(set(taken)) == len(taken)
    assert all(at < 40 for _, at in taken)
    rows = 1 + max((row for row, _ in places), default=-1)
    assert rows <= max(1, 2 * -(-sum(lengths) // 40))  # at least half full


def test_a_document_goes_where_it_leaves_least_over() -> None:
    assert best_fit([7, 5, 3, 5], 10) == [(0, 0), (1, 0), (0, 7), (1, 5)]
    with pytest.raises(ValueError, match="11 tokens"):
        best_fit([11], 10)


def packed(work: Path, examples: list[Example], **settings: Any) -> dict[str, Any]:  # noqa: ANN401
    write(work / "examples" / "a.jsonl.gz", examples)
    return pack(Pack(tokenizer=TOKENIZER, length=64, jobs=1, **settings), work)


def asks(count: int, project: str, answer: str = "Add {n}.", weight: float = 1.0) -> list[Example]:
    return [Example(PROMPT.format(n=n), answer.format(n=n), "summary", project, weight) for n in range(count)]


def test_rows_hold_prompts_and_answers_as_the_engine_would_see_them(tmp_path: Path) -> None:
    """Only the answer and its end count in full; the first token of a document is predicted by nothing."""
    from tokenizers import Tokenizer  # noqa: PLC0415 - only here

    tokenizer = Tokenizer.from_file(TOKENIZER)
    done = packed(tmp_path, asks(20, "a", weight=0.5), validation=0.0)
    rows = Rows(tmp_path / "packed", "train-docs")
    found = {
        (tokenizer.decode(prompt, skip_special_tokens=False), tokenizer.decode(answer))
        for at in range(len(rows))
        for prompt, answer in documents(rows, at)
    }
    assert found == {(e.prompt, e.answer) for e in asks(20, "a")}
    codes = np.asarray(rows.codes)
    assert (codes == NEVER).sum() == 20 + (np.asarray(rows.ids) == 4).sum()  # and padding
    assert set(np.unique(codes)) == {NEVER, CONTEXT, 1 + FULL // 2}
    assert list(weights(0.1)[[NEVER, CONTEXT, 1 + FULL // 2, 1 + FULL]]) == pytest.approx([0, 0.1, 0.5, 1])
    assert (np.asarray(rows.ids)[codes > CONTEXT] == END).sum() == 20
    assert done["examples"] == {"summary trained on": 20}


def test_projects_that_are_held_out_only_validate(tmp_path: Path) -> None:
    (tmp_path / "held.txt").write_text("b\n")
    done = packed(tmp_path, asks(9, "a") + asks(5, "b", "Sum."), held_out="held.txt", validation=0.0)
    assert done["sets"]["train-docs"]["documents"] == 9
    assert done["sets"]["validation-summary"]["documents"] == 5


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    long = Example("<fim_prefix>" + "x = 1\n" * 60 + "<fim_suffix><fim_middle>", "y", "fim", "a")
    done = packed(tmp_path, [*asks(3, "a"), *asks(3, "z"), long], validation=0.0, shares={"param": 0.0})
    assert done["examples"] == {
        "fim too long for a row": 1,
        "summary seen before": 3,
        "summary trained on": 3,
    }


def test_code_from_left_to_right_is_cut_into_rows_and_all_of_it_counts(tmp_path: Path) -> None:
    text = "".join(f"x{n} = {n}\n" for n in range(100)) + "y = '<fim_middle>'\n"  # which is plain text there
    packed(tmp_path, [Example("", text, "left", "a", 1.0)], validation=0.0)
    rows = Rows(tmp_path / "packed", "train-code")
    codes, ids = np.asarray(rows.codes), np.asarray(rows.ids)
    assert len(rows) > 5
    assert not (ids == 2).any()
    assert CONTEXT not in codes


def test_the_same_examples_give_the_same_rows(tmp_path: Path) -> None:
    for name, jobs in (("one", 1), ("two", 2)):
        write(tmp_path / name / "examples" / "a.jsonl.gz", asks(50, "a"))
        settings = Pack(tokenizer=TOKENIZER, length=64, jobs=jobs, validation=0.0)
        pack(settings, tmp_path / name)
    one, two = ((tmp_path / name / "packed" / "train-docs.ids.npy").read_bytes() for name in ("one", "two"))
    assert one == two


def test_a_line_that_is_no_example_is_shown(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown kind 'poem'"):
        packed(tmp_path, [Example("", "x", "poem", "a")])


def test_a_run_that_goes_on_sees_the_rows_it_would_have_seen(tmp_path: Path) -> None:
    """A stream's place is a number: from there it is the same, over the end of an epoch too."""
    packed(tmp_path, [*asks(60, "a"), Example("", "x = 1\n" * 400, "left", "a")], validation=0.0)
    folder = tmp_path / "packed"
    mix = {"docs": [0.5, 0.75], "code": [0.5, 0.25]}
    counts = Mixture(folder, mix, 3).counts(8, finishing=True)
    assert counts == {"docs": 6, "code": 2}
    straight = Mixture(folder, mix, 3)
    steps = [straight.take({"docs": 6 * n, "code": 2 * n}, counts, 0, 1)[0] for n in range(8)]
    late = Mixture(folder, mix, 3).take({"docs": 6 * 7, "code": 2 * 7}, counts, 0, 1)[0]
    assert (late == steps[7]).all()
    halves = [Mixture(folder, mix, 3).take({"docs": 0, "code": 0}, counts, n, 2)[0] for n in range(2)]
    assert sorted(map(tuple, np.concatenate(halves).tolist())) == sorted(map(tuple, steps[0].tolist()))
    with pytest.raises(ValueError, match="poems"):
        Mixture(folder, {"poems": [1, 1]}, 0)
    assert json.loads((folder / "index.json").read_text("utf-8"))["sets"]["train-docs"]["documents"] == 60
