"""Whether two sources are the same program, so that there is nothing for tests to tell."""

from __future__ import annotations

import ast

from bot.verify.python_tree import parse_python

__all__ = ["same_program"]


def same_program(before: bytes, after: bytes) -> bool:
    """Whether two Python sources have the same syntax tree, positions aside: only layout and comments differ.

    Docstrings count: what reads them sees a difference.
    """
    one, two = parse_python(before), parse_python(after)
    if one is None or two is None:
        return False
    return ast.dump(one.tree) == ast.dump(two.tree)
