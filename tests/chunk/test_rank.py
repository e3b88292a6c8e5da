"""Files near to a file rank by what ties them to it; the ranking is small, stable and a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.chunk.rank import pagerank, weight
from tests.chunk.linked import build

if TYPE_CHECKING:
    from pathlib import Path


def test_pagerank_is_a_distribution_that_favours_the_start_and_what_it_leads_to() -> None:
    rank = pagerank({1: {2: 3.0, 3: 1.0}, 2: {4: 1.0}, 5: {1: 1.0}}, {1: 1.0})
    assert sum(rank.values()) == pytest.approx(1.0)
    assert rank[1] > rank[2] > rank[3] > rank[5] == 0.0
    assert rank[4] > 0.0


def test_pagerank_solves_a_small_graph_exactly() -> None:
    # two nodes that lead to each other, restart at the first with 0.3: r = 0.3 + 0.7 * (1 - r)
    rank = pagerank({1: {2: 1.0}, 2: {1: 1.0}}, {1: 1.0})
    assert rank[1] == pytest.approx(1 / 1.7, abs=1e-3)


def test_rare_imported_public_names_tie_most() -> None:
    assert weight("f", 1) > weight("f", 5) > weight("f", 20)
    assert weight("f", 1, imported=True) > weight("f", 1)
    assert weight("f", 1, 9) > weight("f", 1, 1) > weight("_f", 1, 1)


def test_neighbours_outrank_strangers(tmp_path: Path) -> None:
    index = build(tmp_path)
    cart = index.file("shop/cart.py")
    assert cart is not None
    ranks = {index.paths[f]: value for f, value in index.ranks(cart).items()}
    assert ranks["shop/pricing.py"] > ranks["shop/base.py"] > ranks.get("unrelated/other.py", 0.0)
    assert max(ranks.values()) == 1.0
    assert "shop/cart.py" not in ranks


def test_a_companion_moves_up(tmp_path: Path) -> None:
    index = build(tmp_path)
    cart, other = index.file("shop/cart.py"), index.file("unrelated/other.py")
    assert cart is not None
    assert other is not None
    assert index.ranks(cart, [other])[other] > index.ranks(cart).get(other, 0.0)


def test_a_name_that_everyone_defines_costs_nothing(tmp_path: Path) -> None:
    files = {
        f"p/m{n}.py": "def run():\n    return helper()\n\n\ndef helper():\n    return 1\n" for n in range(200)
    }
    index = build(tmp_path, {**files, "main.py": "from p.m7 import run\n\nrun()\n"})
    main = index.file("main.py")
    assert main is not None
    assert [index.paths[f] for f in index.ranks(main)] == ["p/m7.py"]
