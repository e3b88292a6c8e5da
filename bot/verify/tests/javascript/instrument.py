"""A module of JavaScript or TypeScript that tells which of its blocks run, and can be wrong on demand.

Both are written into its text, in the sandbox's overlay alone: that holds whatever the runner makes of it
(types stripped, modules rewritten), where V8's own coverage speaks of the rewritten text. A function's body
becomes a choice between its mutants, by `globalThis.__codebot_mutant`, and the body itself with a call at the
start of each block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.chunk.tree import walk
from bot.tasks.tests.javascript.subject import FUNCTIONS
from bot.verify.tests.mutants import MUTANTS, Edit, mutants

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.chunk.tree import Node
    from bot.tasks.tests.javascript.subject import Module, Subject

__all__ = ["ENDLESS", "Block", "Instrumented", "Mutation", "instrument"]

_LOOPS = ("for_statement", "for_in_statement", "while_statement", "do_statement")
_PARTS: dict[str, tuple[str, ...]] = {  # fields that run or do not
    "if_statement": ("consequence", "alternative"),
    "ternary_expression": ("consequence", "alternative"),
    **dict.fromkeys(_LOOPS, ("body",)),
    **dict.fromkeys(("catch_clause", *FUNCTIONS), ("body",)),
}
_HITS = """
function __codebot_hit(n) {
  const seen = (globalThis.__codebot_hits ??= new Set());
  if (seen.has(n)) return;
  seen.add(n);
  const path = globalThis.process?.env?.CODEBOT_HITS;
  if (path) %s(path, n + "\\n");
}
function __codebot_tick() {
  globalThis.__codebot_ticks = (globalThis.__codebot_ticks ?? 0) + 1;
  if (globalThis.__codebot_ticks > 5e6) throw new Error("codebot: loops without end");
}
"""
ENDLESS = "codebot: loops without end"  # what a mutant says that would hang


@dataclass(frozen=True, slots=True)
class Block:
    """A run of statements, or an expression, that is reached or not."""

    number: int
    line: int
    end_line: int
    branch: bool  # False: a function as a whole


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake that the text can be told to make."""

    number: int
    edit: Edit


@dataclass(frozen=True, slots=True)
class Instrumented:
    """The text, and what its numbers mean, by function in the order given."""

    text: bytes
    blocks: tuple[tuple[Block, ...], ...]
    mutations: tuple[tuple[Mutation, ...], ...]


def instrument(
    module: Module, subjects: Sequence[Subject], *, first: int = 1, mutate: bool = True
) -> Instrumented:
    """Return the module's text, with blocks told and mutants built in.

    Args:
        module: What to write anew.
        subjects: The functions to look at; none inside another.
        first: Number to start from, so that those of several modules differ.
        mutate: Whether mutants are built in.
    """
    source = module.source
    edits: list[tuple[int, int, str]] = []  # start, end, text; sorted and apart
    blocks: list[tuple[Block, ...]] = []
    mutations: list[tuple[Mutation, ...]] = []
    number = first
    for one in subjects:
        places = list(_places(one.body))
        own = [Block(number + n, place.line, place.end_line, branch=n > 0) for n, place in enumerate(places)]
        number += len(own)
        hits = [each for place, block in zip(places, own, strict=True) for each in place.edits(_hit(block))]
        made = [Mutation(number + n, each) for n, each in enumerate(_mutants(one, source) if mutate else [])]
        number += len(made)
        edits.append((one.body.start_byte, one.body.end_byte, _choice(one.body, source, hits, made)))
        blocks.append(tuple(own))
        mutations.append(tuple(made))
    text = _applied(source, sorted(edits), 0)
    text = text if module.language == "javascript" else f"// @ts-nocheck\n{text}"
    return Instrumented((text + _tail(module)).encode(), tuple(blocks), tuple(mutations))


def _tail(module: Module) -> str:
    if module.esm:
        return '\nimport { appendFileSync as __codebot_append } from "node:fs";' + _HITS % "__codebot_append"
    return _HITS % 'require("node:fs").appendFileSync'


def _mutants(one: Subject, source: bytes) -> list[Edit]:
    found = mutants(one.module.language, source, one.body, most=MUTANTS)
    if one.body.type != "statement_block":
        line = one.body.start_point[0] + 1
        found = [*found[: MUTANTS - 1], Edit(one.body.start_byte, one.body.end_byte, "undefined", line,
                                             "returns undefined")]  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block's call goes."""

    line: int
    end_line: int
    start: int
    end: int
    form: str  # "inside" a block, after its brace; "around" a statement; "value" of an expression

    def edits(self, call: str) -> list[tuple[int, int, str]]:
        if self.form == "inside":
            return [(self.start, self.start, f"{call};")]
        if self.form == "around":
            return [(self.start, self.start, f"{{{call};"), (self.end, self.end, "}")]
        return [(self.start, self.start, f"({call},("), (self.end, self.end, "))")]


def _places(body: Node) -> Iterator[_Place]:
    """Yield the blocks of a function's body, the body itself first."""
    yield _place(body)
    stack = list(reversed(body.named_children)) if body.type == "statement_block" else [body]
    while stack:
        node = stack.pop()
        yield from _branches(node)
        stack += reversed(node.named_children)


def _hit(block: Block) -> str:
    return f"__codebot_hit({block.number})"


def _loops(body: Node) -> Iterator[_Place]:
    """Yield the bodies of loops."""
    for node in walk(body):
        if node.type in _LOOPS:
            yield from _branches(node)


def _branches(node: Node) -> Iterator[_Place]:
    """Yield the blocks that a node may or may not run."""
    if node.type in {"switch_case", "switch_default"}:
        colon = next((child for child in node.children if child.type == ":"), None)
        if colon is not None:
            yield _Place(
                node.start_point[0] + 1, node.end_point[0] + 1, colon.end_byte, colon.end_byte, "inside"
            )
        return
    for name in _PARTS.get(node.type, ()):
        part = node.child_by_field_name(name)
        if part is not None and part.type == "else_clause":
            part = next((each for each in part.named_children if each.type != "comment"), None)
        if part is not None and not (name == "alternative" and part.type == "if_statement"):
            yield _place(part, statement=node.type.endswith("_statement"))


def _place(node: Node, *, statement: bool = False) -> _Place:
    line, last = node.start_point[0] + 1, node.end_point[0] + 1
    if node.type == "statement_block":
        after = _directives_end(node)
        return _Place(line, last, after, after, "inside")
    if statement:
        return _Place(line, last, node.start_byte, node.end_byte, "around")
    return _Place(line, last, node.start_byte, node.end_byte, "value")


def _directives_end(block: Node) -> int:
    """Return the byte after a block's brace and its directives, which have to stay first."""
    end = block.start_byte + 1
    for each in block.named_children:
        if each.type == "comment":
            continue
        if each.type != "expression_statement" or each.named_children[0].type != "string":
            break
        end = each.end_byte
    return end


def _choice(body: Node, source: bytes, hits: Sequence[tuple[int, int, str]], made: Sequence[Mutation]) -> str:
    """Return a body that is one of its mutants, or itself with its blocks told."""
    start, end = body.start_byte, body.end_byte
    ticks = [each for place in _loops(body) for each in place.edits("__codebot_tick()")]
    wrong = [(m.number, _applied(source[start:end], _with(m.edit, ticks), start)) for m in made]
    right = _applied(source[start:end], _nested(hits), start)
    which = "globalThis.__codebot_mutant"
    if body.type != "statement_block":
        chosen = "".join(f"{which} === {number} ? ({text}) : " for number, text in wrong)
        return f"({chosen}{right})"
    head = source[start : _directives_end(body)].decode("utf-8", "replace")
    chosen = "".join(f"if ({which} === {number}) {text}\nelse " for number, text in wrong)
    return f"{head}{chosen}{right}}}" if chosen else right


def _with(edit: Edit, ticks: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return a mutation and, outside of it, the calls that end a loop which it made endless."""
    outside = [each for each in ticks if each[0] <= edit.start or each[0] >= edit.end]
    before = [each for each in _nested(outside) if each[0] <= edit.start]
    after = [each for each in _nested(outside) if each[0] > edit.start]
    return [*before, (edit.start, edit.end, edit.text), *after]


def _nested(hits: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Order insertions at the same byte: what closes comes before what opens, inner ones close first."""
    opening = [(place, 1, n, text) for n, (place, _, text) in enumerate(hits) if text[0] not in ")}"]
    closing = [(place, 0, -n, text) for n, (place, _, text) in enumerate(hits) if text[0] in ")}"]
    return [(place, place, text) for place, _, _, text in sorted(opening + closing)]


def _applied(source: bytes, edits: Sequence[tuple[int, int, str]], offset: int) -> str:
    """Return a piece of the source, which starts at `offset` of the file, with edits made."""
    out, last = [], 0
    for start, end, text in edits:
        out += [source[last : start - offset].decode("utf-8", "replace"), text]
        last = end - offset
    return "".join(out) + source[last:].decode("utf-8", "replace")
