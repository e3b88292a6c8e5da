"""Small mistakes in one function, made on its syntax tree: what a test has to notice, in any language.

Each is one edit. Only edits are made that leave a program in the language's syntax; whether it still compiles
is for the language's own tools to say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from bot.chunk.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.chunk.tree import Node

__all__ = ["MUTANTS", "Edit", "applied", "mutants"]

MUTANTS = 16  # of one function

_SWAPS = {
    "<": "<=", ">": ">=", "<=": "<", ">=": ">", "==": "!=", "!=": "==", "===": "!==", "!==": "===",
    "-eq": "-ne", "-ne": "-eq", "-lt": "-ge", "-ge": "-lt", "-gt": "-le", "-le": "-gt",
    "-z": "-n", "-n": "-z", "&&": "||", "||": "&&", "??": "&&", "and": "or", "or": "and",
    "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*", "<<": ">>", ">>": "<<", ">>>": "<<",
    "&": "|", "|": "&", "^": "&", "++": "--", "--": "++", "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=",
}  # fmt: skip
_OPERATIONS = re.compile(r"binary|comparison|boolean|logical|assignment|update|infix|postfix|unary|additive"
                         r"|multiplicative|equality|disjunction|conjunction|test_command|^list$")  # fmt: skip
_BOOLEANS = {"true": "false", "false": "true", "True": "False", "False": "True"}
_BRANCHES = re.compile(r"^(?:if|elif|unless|ternary|conditional)(?:_|$)")
_NOT = {"python": "not ({})", "lua": "not ({})"}  # elsewhere "!(…)"
_NO_CONDITIONS = frozenset({"bash"})  # a condition is a command
_DYNAMIC = {  # a value that any function may return
    "javascript": "undefined", "typescript": "undefined as any", "tsx": "undefined as any", "python": "None",
    "ruby": "nil", "php": "null", "lua": "nil",
}  # fmt: skip
_EMPTY = {"ruby": "nil", "python": "pass", "bash": ":", "lua": "", "rust": "", "go": ""}  # elsewhere ";"
_BLOCKS = (
    "statement_block", "block", "compound_statement", "body_statement", "then", "do_group", "else_clause",
    "statement_list", "function_body",
)  # fmt: skip
_STATEMENTS = (
    "expression_statement", "call", "command", "inc_statement", "dec_statement", "assignment_statement",
)  # fmt: skip
_SHOWN = 30  # characters of a constant


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start`..`end` of a source become `text`."""

    start: int
    end: int
    text: str
    line: int  # where, from 1
    what: str  # in words: "< becomes <="


def applied(source: bytes, edit: Edit) -> bytes:
    """Return the source with an edit made."""
    return source[: edit.start] + edit.text.encode() + source[edit.end :]


def mutants(
    language: str, source: bytes, body: Node, *, most: int = MUTANTS, span: tuple[int, int] | None = None
) -> list[Edit]:
    """Return mistakes to make in a function, of all kinds in turn.

    Args:
        language: Row of `bot.languages.LANGUAGES`.
        source: What `body` was parsed from.
        body: The function, or its body.
        most: How many at most.
        span: Bytes of the source that edits stay in; by default, the body's.
    """
    kinds: dict[str, list[Edit]] = defaultdict(list)
    first, last = span or (body.start_byte, body.end_byte)
    for node in walk(body, named=False):
        for kind, edit in _edits(language, source, node):
            if first <= edit.start and edit.end <= last:
                kinds[kind].append(edit)
    turns = [each for row in zip_longest(*map(_spread, kinds.values())) for each in row if each is not None]
    return sorted(turns[:most], key=lambda edit: (edit.start, edit.end))


def _spread(edits: list[Edit]) -> list[Edit]:
    """Order edits so that the first few come from all over the function."""
    half = (len(edits) + 1) // 2
    return [each for pair in zip_longest(edits[:half], edits[half:]) for each in pair if each is not None]


def _edits(language: str, source: bytes, node: Node) -> Iterator[tuple[str, Edit]]:
    text = source[node.start_byte : node.end_byte].decode("utf-8", "replace")
    if node.child_count == 0 or node.type in {"string", "string_literal", "interpreted_string_literal"}:
        yield from _leaf(node, text)
        return
    condition = node.child_by_field_name("condition")
    if condition is not None and _BRANCHES.match(node.type) and language not in _NO_CONDITIONS:
        inner = source[condition.start_byte : condition.end_byte].decode("utf-8", "replace")
        negated = _NOT.get(language, "!({})").format(inner)
        # some grammars count the parentheses of `if (…)` as part of the condition
        negated = (
            f"({negated})" if condition.type.startswith(("parenthesized", "condition_clause")) else negated
        )
        if not condition.type.startswith("let"):
            yield "conditions", _edit(condition, negated, "condition negated")
    if node.type == "return_statement" and language in _DYNAMIC and node.named_child_count:
        value = node.named_children[0]
        given = source[value.start_byte : value.end_byte].decode("utf-8", "replace")
        if given not in {"undefined", "null", "nil", "None", "this", "self"}:
            yield "returns", _edit(value, _DYNAMIC[language], f"returns {_DYNAMIC[language].split()[0]}")
    parent = node.parent
    if (
        node.type in _STATEMENTS
        and parent is not None
        and parent.type in _BLOCKS
        and _removable(node, source)
    ):
        yield "statements", _edit(node, _EMPTY.get(language, ";"), "statement removed")


def _removable(node: Node, source: bytes) -> bool:
    """Whether a statement is more than a directive, a docstring or the call that has to come first."""
    first = node.named_children[0] if node.named_child_count else node
    return first.type not in {"string", "string_literal"} and not source.startswith(
        b"super(", node.start_byte
    )


def _leaf(node: Node, text: str) -> Iterator[tuple[str, Edit]]:
    parent = node.parent
    if parent is None:
        return
    if text in _SWAPS and not node.is_named and _OPERATIONS.search(parent.type):
        unary = parent.type.startswith("unary") and text not in {"-z", "-n"}
        if unary:
            return
        yield "operators", _edit(node, _SWAPS[text], f"{text} becomes {_SWAPS[text]}")
    elif text in _SWAPS and node.type in {"test_operator", "binary_operator"}:
        yield "operators", _edit(node, _SWAPS[text], f"{text} becomes {_SWAPS[text]}")
    elif text in _BOOLEANS:
        yield "constants", _edit(node, _BOOLEANS[text], f"{text} becomes {_BOOLEANS[text]}")
    elif re.fullmatch(r"\d+|\d+\.\d+", text) and node.is_named:
        other = str(int(text) + 1) if text.isdigit() else f"{float(text) + 1:g}"
        yield "constants", _edit(node, other if "." in other or text.isdigit() else f"{other}.0",
                                 f"{text} becomes {other}")  # fmt: skip
    elif re.fullmatch(r"(['\"]).*\1", text, re.DOTALL) and node.is_named:
        if re.search(r"import|export|directive|literal_type", parent.type) or (
            parent.type == "expression_statement"
        ):
            return
        quote = text[0]
        other = f"{quote}{quote}" if len(text) > 2 else f"{quote}codebot{quote}"  # noqa: PLR2004 - its quotes
        yield (
            "constants",
            _edit(node, other, f"{_short(text)} becomes {other}"),
        )


def _edit(node: Node, text: str, what: str) -> Edit:
    return Edit(node.start_byte, node.end_byte, text, node.start_point[0] + 1, what)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
