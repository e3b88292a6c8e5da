"""Docstring coverage of a page: folders and files, each with a bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.ledger import Coverage
from bot.report.escape import visible
from bot.report.shares import in_words, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["bar", "tree"]

OPEN = 40  # lines to show at first, over all folders


def bar(found: Coverage) -> dict[str, Any]:
    """Return the widths of a bar in per cents, and the same in words."""
    whole = found.total or 1
    after = found.documented + found.added
    return {
        "before": round(100 * found.documented / whole, 2),
        "after": round(100 * after / whole, 2),
        "share": percent(after, found.total),
        "words": in_words(found),
    }


def tree(coverage: Mapping[str, Coverage], anchors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the folders and files of a coverage as nodes.

    Args:
        coverage: Docstrings by path.
        anchors: Where in the page the suggestions of a path are, for those that have any.
    """
    root: dict[Any, Any] = {}
    for path in sorted(coverage):
        *folders, name = path.split("/")
        at = root
        for folder in folders:
            at = at.setdefault(folder, {})
        at["", name] = path  # no folder's name is a pair
    few = len(coverage) <= OPEN
    return _nodes(root, coverage, anchors, depth=0, few=few)


def _nodes(
    branch: Mapping[Any, Any],
    coverage: Mapping[str, Coverage],
    anchors: Mapping[str, str],
    *,
    depth: int,
    few: bool,
) -> list[dict[str, Any]]:
    nodes = []
    for name, below in branch.items():
        if isinstance(below, str):
            nodes.append(
                {
                    "name": visible(name[1]),
                    "path": visible(below),
                    "anchor": anchors.get(below, ""),
                    "children": [],
                    "coverage": bar(coverage[below]),
                    "sum": coverage[below],
                }
            )
            continue
        title, inner = name, below
        while len(inner) == 1 and isinstance(only := next(iter(inner.values())), dict):
            title, inner = f"{title}/{next(iter(inner))}", only
        children = _nodes(inner, coverage, anchors, depth=depth + 1, few=few)
        found = sum((child["sum"] for child in children), Coverage())
        nodes.append(
            {
                "name": f"{visible(title)}/",
                "children": children,
                "coverage": bar(found),
                "sum": found,
                "open": few or not depth,
            }
        )
    return nodes
