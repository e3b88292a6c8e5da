"""What the scripts in the sandbox are asked, as JSON can say it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.tasks.tests.propose import Call
    from bot.tasks.tests.subject import Elsewhere, Module, Subject

__all__ = ["call_of", "mentioned", "target"]


def target(one: Subject) -> dict[str, Any]:
    """Return what the scripts have to know of a function."""
    starts = [one.node.lineno, *(each.lineno for each in one.node.decorator_list)]
    results = [each.value for each in ast.walk(one.node) if isinstance(each, ast.Return) and each.value]
    return {
        "qualname": one.qualname,
        "name": one.node.name,
        "starts": starts,
        "lines": list(one.lines),
        "returns": any(not (isinstance(each, ast.Constant) and each.value is None) for each in results),
    }


def call_of(call: Call) -> dict[str, Any]:
    """Return a call as the scripts read it."""
    return {
        "receiver": call.receiver,
        "name": call.name,
        "arguments": list(call.arguments),
        "attribute": call.attribute,
    }


def mentioned(module: Module, calls: Sequence[Sequence[Call]]) -> Iterator[tuple[str, Elsewhere]]:
    """Yield the classes of other modules that some call may name."""
    text = "\n".join(f"{one.receiver} {' '.join(one.arguments)}" for some in calls for one in some)
    words = set(re.findall(r"[A-Za-z_]\w*", text))
    yield from (
        (name, each)
        for name, each in module.elsewhere.items()
        if name in words and name not in module.classes
    )
