"""Mistakes that people make and a linter reports, made in code that was right.

Each module names its mistakes in `MISTAKES`: the rule that is to report it, the nodes of a syntax tree at
which it can be made, and a function from such a node to the edits that make it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from training.mistakes import calls, conditions, errors, names, values
from training.mistakes.code import Code, Edit

if TYPE_CHECKING:
    import ast
    import random
    from collections.abc import Iterator

    from training.mistakes.code import Make

__all__ = ["RULES", "Code", "Edit", "mistakes"]

_ALL = (*names.MISTAKES, *errors.MISTAKES, *calls.MISTAKES, *conditions.MISTAKES, *values.MISTAKES)
_OF: dict[type[ast.AST], list[tuple[str, Make]]] = defaultdict(list)
for _rule, _kinds, _make in _ALL:
    for _kind in _kinds if isinstance(_kinds, tuple) else (_kinds,):
        _OF[_kind].append((_rule, _make))
RULES = tuple(sorted({rule for rule, _, _ in _ALL}))


def mistakes(code: Code, statement: ast.stmt, rng: random.Random) -> Iterator[tuple[str, tuple[Edit, ...]]]:
    """Yield what could be done wrong in a statement of a module: the rule that should tell, and the edits.

    Args:
        code: The module.
        statement: One of its top level.
        rng: Chooses names and places.
    """
    for node in code.below(statement):
        for rule, make in _OF.get(type(node), ()):
            edits = make(code, node, rng)
            if edits:
                yield rule, tuple(sorted(edits))
