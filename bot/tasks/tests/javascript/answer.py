"""What an engine answered, read as tests of JavaScript: one for each assertion."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from bot.chunk.nodes import text
from bot.chunk.tree import parse, walk
from bot.tasks.tests.javascript.compose import Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.data import Completion
    from bot.tasks.tests.javascript.subject import Subject

__all__ = ["read"]

_FENCE = re.compile(r"```[\w-]*\n(.*?)(?:```|\Z)", re.DOTALL)
_ASSERTS = re.compile(r"(?:await\s+)?(?:assert\b|expect\s*\()")
_MOST = 6  # assertions of one answer that are looked at
_HEAD = "async () => {\n"


def read(one: Subject, called: str, shown: str, completion: Completion, taken: set[str]) -> list[Written]:
    """Return the tests that an answer holds, one for each of its assertions; none where it does not parse.

    Args:
        one: What they test.
        called: What of the module they import, by the module's own name.
        shown: What a test calls the function; their names begin with it.
        completion: The answer.
        taken: Names of tests that are in use; the new ones are added.
    """
    body = _body(completion)
    if body is None:
        return []
    statements = _statements(body)
    places = [n for n, each in enumerate(statements) if _ASSERTS.match(each)][:_MOST]
    found = []
    for place in places:
        # what follows the assertion proves nothing
        kept = [
            each for n, each in enumerate(statements[: place + 1]) if n == place or not _ASSERTS.match(each)
        ]
        lines = [line for each in kept for line in each.split("\n")]
        title = _free(f"{shown} holds", taken)
        awaited = any(re.search(r"\bawait\b", line) for line in lines)
        found.append(Written(title, tuple(lines), awaited, one, called))
    return found


def _free(base: str, taken: set[str]) -> str:
    title, number = base, 2
    while title in taken:
        title, number = f"{base} ({number})", number + 1
    taken.add(title)
    return title


def _body(completion: Completion) -> str | None:
    """Return what stands between the braces of the answer's test."""
    said = completion.text
    if completion.prompt.form != "chat":
        return said
    fence = _FENCE.search(said)
    source = (fence[1] if fence else said).encode()
    tree = parse("tsx", source)
    for node in walk(tree.root_node) if tree is not None else ():
        name = text(node.child_by_field_name("function"), source)
        given = node.child_by_field_name("arguments") if name in {"test", "it"} else None
        last = given.named_children[-1] if given is not None and given.named_child_count else None
        block = last.child_by_field_name("body") if last is not None else None
        if block is not None and block.type == "statement_block":
            return text(block, source)[1:-1].strip("\n")
    return None


def _statements(body: str) -> Sequence[str]:
    """Return the whole statements of a body, which may be cut off in the middle of one."""
    lines = textwrap.dedent(f"{_indent(body)}{body.strip()}").split("\n")
    for end in range(len(lines), 0, -1):
        source = (_HEAD + "\n".join(lines[:end]) + "\n}").encode()
        tree = parse("tsx", source)
        if tree is None or tree.root_node.has_error:
            continue
        block = next((node for node in walk(tree.root_node) if node.type == "statement_block"), None)
        if block is not None:
            return [
                textwrap.dedent(text(each, source)) for each in block.named_children if each.type != "comment"
            ]
    return []


def _indent(body: str) -> str:
    """Return the indentation of a body's later lines: the first one's is gone where it was filled in."""
    depths = [re.match(r"\s*", line) for line in body.strip("\n").split("\n")[1:] if line.strip()]
    return min((found[0] for found in depths if found), key=len, default="")
