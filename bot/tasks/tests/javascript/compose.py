"""Tests of JavaScript as text: by node:assert or by expect, one for each call, named after the call."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.chunk.tree import parse, walk
from bot.tasks.tests.javascript.propose import Call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.tasks.tests.choose import Case
    from bot.tasks.tests.javascript.layout import Habits
    from bot.tasks.tests.javascript.project import Runner
    from bot.tasks.tests.javascript.subject import Subject

__all__ = ["Written", "requoted", "write"]

_TITLE = 72  # characters of a test's name
_BUILTIN = frozenset(
    {"Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"}
)
_WIDE = 92  # columns of a line that is left whole


@dataclass(frozen=True, slots=True)
class Written:
    """One test: its name, and the lines between its braces."""

    title: str
    lines: tuple[str, ...]
    awaited: bool
    subject: Subject
    called: str  # what of the module it imports
    case: Case | None = field(default=None, compare=False)  # None: an engine wrote it

    @property
    def text(self) -> str:
        """The body."""
        return "\n".join(self.lines)


def write(  # noqa: PLR0917 - what a test is made of
    one: Subject, called: str, cases: Sequence[Case], runner: Runner, known: Habits, taken: set[str]
) -> list[Written]:
    """Write the tests of one function.

    Args:
        one: The function.
        called: What of the module the tests import.
        cases: What was chosen.
        runner: Whose assertions.
        known: The project's quotes and semicolons.
        taken: Names of tests that are in use; the new ones are added.
    """
    written = []
    for case in cases:
        lines = _asserted(case, runner, known)
        awaited = any("await " in line for line in lines)
        text = [f"{line}{known.semicolon}" if _closed(line) else line for line in lines]
        written.append(Written(_title(case, taken), tuple(text), awaited, one, called, case))
    return written


def requoted(text: str, quote: str) -> str:
    """Return an expression with its plain strings between the project's quotes."""
    source = f"({text})".encode()
    tree = parse("javascript", source)
    if tree is None or tree.root_node.has_error:
        return text
    strings = (node for node in walk(tree.root_node, named=False) if node.type == "string")
    spans = [(node.start_byte, node.end_byte) for node in strings]
    for start, end in sorted(spans, reverse=True):
        inner = source[start + 1 : end - 1]
        if b"'" not in inner and b'"' not in inner:
            source = source[:start] + quote.encode() + inner + quote.encode() + source[end:]
    return source[1:-1].decode()


def _closed(line: str) -> bool:
    """Whether a line ends a statement; every statement is one item of the list, broken over lines or not."""
    return not line.endswith(("{", "}"))


def _title(case: Case, taken: set[str]) -> str:
    call = case.call
    shown = re.sub(r"\s+", " ", call.text)
    words = {"raises": "throws", "mutates": "changes what it is given", "state": "changes state"}
    told = words.get(case.kind, "")
    if case.kind == "raises":
        told = f"{'rejects with' if case.told.get('awaited') else 'throws'} {case.told['name']}"
    if case.kind == "value":
        source = re.sub(r"\s+", " ", str(case.told["source"]))
        told = f"returns {source}" if len(source) + len(shown) < _TITLE else ""
    if len(shown) > _TITLE:
        shown = f"{shown[: _TITLE - 3].rstrip()}..."
    base = f"{shown} {told}".strip()
    base = re.sub(r"[\x00-\x1f\x7f]", "", base)
    title, number = base, 2
    while title in taken:
        title, number = f"{base} ({number})", number + 1
    taken.add(title)
    return title


def _asserted(  # noqa: PLR0911 - one return for each kind of outcome
    case: Case, runner: Runner, known: Habits
) -> list[str]:
    told, call = case.told, case.call
    wait = "await " if told.get("awaited") else ""
    text = call.text
    if case.kind == "raises":
        return [_raising(case, text, runner, known)]
    if case.kind == "mutates":
        arguments = list(call.arguments)
        value, arguments[told["index"]] = arguments[told["index"]], "given"
        changed = Call(call.receiver, call.name, tuple(arguments))
        equal = _equal("given", str(told["source"]), runner)
        return [f"const given = {value}", f"{wait}{changed.text}", equal]
    if case.kind == "state":
        after = Call("made", call.name, call.arguments)
        lines = [f"const made = {call.receiver}", f"{wait}{after.text}"]
        return [*lines, *(_equal(f"made.{name}", source, runner) for name, source in told["attrs"])]
    if case.kind == "attrs":
        name = f"{known.quote}{told['name']}{known.quote}"
        lines = [f"const result = {wait}{text}", _equal("result.constructor.name", name, runner)]
        return [*lines, *(_equal(f"result.{name}", source, runner) for name, source in told["attrs"])]
    source = str(told["source"])
    if told.get("wrap") == "spread":
        return [_equal(f"[...{text}]" if not wait else f"[...(await {text})]", source, runner)]
    if told.get("wrap") == "async":
        loop = f"for await (const item of {text}) items.push(item)"
        return ["const items = []", loop, _equal("items", source, runner)]
    return [_equal(f"{wait}{text}", source, runner)]


def _plain(source: str) -> bool:
    """Whether a value is compared by identity: numbers, strings, and the like."""
    return not re.match(r"[\[{/]|new ", source)


def _equal(one: str, other: str, runner: Runner) -> str:
    if runner == "node":
        name = "strictEqual" if _plain(other) else "deepStrictEqual"
        line = f"assert.{name}({one}, {other})"
        return line if len(line) <= _WIDE or "\n" in other else f"assert.{name}(\n  {one},\n  {other},\n)"
    matcher = "toBe" if _plain(other) else "toStrictEqual"
    line = f"expect({one}).{matcher}({other})"
    return line if len(line) <= _WIDE or "\n" in other else f"expect({one}).{matcher}(\n  {other},\n)"


def _raising(case: Case, text: str, runner: Runner, known: Habits) -> str:
    told = case.told
    name, message = str(told["name"]), str(told["message"])
    later = bool(told.get("awaited"))
    plain = 0 < len(message) <= 100 and message.isprintable()  # noqa: PLR2004 - a line
    said = message.replace("\\", "\\\\").replace(known.quote, f"\\{known.quote}")
    said = f"{known.quote}{said}{known.quote}"
    called = text if not case.told.get("wrap") else f"[...{text}]"
    if runner == "node":
        fields = [f"name: {known.quote}{name}{known.quote}"] + ([f"message: {said}"] if plain else [])
        expected = f"{{ {', '.join(fields)} }}"
        head = "await assert.rejects" if later else "assert.throws"
        thunk = f"async () => {called}" if later else f"() => {called}"
        line = f"{head}({thunk}, {expected})"
        return line if len(line) <= _WIDE else f"{head}(\n  {thunk},\n  {expected},\n)"
    if name in _BUILTIN and told.get("class") == name and (runner == "vitest" or not plain):
        expected = f"new {name}({said})" if plain else name  # jest would compare the message alone
    else:
        fields = [f"name: {known.quote}{name}{known.quote}"] + ([f"message: {said}"] if plain else [])
        expected = f"expect.objectContaining({{ {', '.join(fields)} }})"
    if later:
        return f"await expect(async () => {called}).rejects.toThrow({expected})"
    return f"expect(() => {called}).toThrow({expected})"
