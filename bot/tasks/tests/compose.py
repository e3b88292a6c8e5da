"""Tests as text: in pytest's way or unittest's, named after what they show, and the file around them."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.tasks.tests.choose import Case
    from bot.tasks.tests.layout import Runner
    from bot.tasks.tests.subject import Subject

__all__ = ["PINS", "STANDARD", "Import", "Written", "imports_of", "write"]

PINS = "Pins today's behaviour: the expected values were observed, not specified."
STANDARD = ("asyncio", "datetime", "decimal", "fractions", "io", "pathlib", "re")
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")  # what a regular expression reads otherwise
_LONG_FLOAT = 6  # characters from which a float is compared approximately

Import = tuple[str, str]  # (module, name); name "" is the module itself


@dataclass(frozen=True, slots=True)
class Written:
    """One test function."""

    name: str
    text: str  # at no indentation, without a class around it
    imports: frozenset[Import]
    subject: Subject
    cases: tuple[Case, ...]  # the rows of a parametrized one, in order


def write(one: Subject, cases: Sequence[Case], runner: Runner, taken: set[str]) -> list[Written]:
    """Write the tests of one function.

    Args:
        one: The function.
        cases: What `bot.tasks.tests.choose` chose.
        runner: Whose way.
        taken: Names that are in use; the new ones are added.
    """
    written = []
    for kind, group in _grouped(cases, runner):
        name = _name(one, kind, group[0], taken)
        parametrized = len(group) > 1
        lines, imports = _rows(one, group) if parametrized else _single(group[0], runner)
        given = "self" if runner == "unittest" else "capsys" if kind == "prints" else ""
        head = lines.pop(0) if parametrized else f"def {name}({given}):"
        text = "\n".join(
            [head.replace("test_name", name), *(f"    {line}" if line else "" for line in lines)]
        )
        written.append(Written(name, text + "\n", imports_of(one, text) | imports, one, tuple(group)))
    return written


def imports_of(one: Subject, text: str) -> frozenset[Import]:
    """Return what a test's text needs of the module under test, of pytest and of the standard library."""
    names = _names_in(text)
    needed = {(one.module.name, each) for each in names & {*one.module.classes, *one.module.functions}}
    foreign = (names & one.module.elsewhere.keys()) - one.module.classes.keys()
    needed |= {(one.module.elsewhere[each].module, each) for each in foreign}
    needed |= {(each, "") for each in (*STANDARD, "pytest") if re.search(rf"(?<![\w.]){each}\.", text)}
    return frozenset(needed)


def _grouped(cases: Sequence[Case], runner: Runner) -> Iterator[tuple[str, list[Case]]]:
    """Yield cases that make one test: results of calls alike are the rows of one."""
    groups: dict[tuple[object, ...], list[Case]] = defaultdict(list)
    for number, case in enumerate(cases):
        alike = (
            case.kind == "value" and runner == "pytest" and not case.told.get("float") and case.call.arguments
        )
        shape = (case.call.receiver, case.told.get("wrap"), _shape(case.call.arguments)) if alike else number
        groups[case.kind, shape].append(case)
    for (kind, _), group in groups.items():
        yield str(kind), group


def _shape(arguments: Sequence[str]) -> tuple[str, ...]:
    return tuple(_keyword(each) or "" for each in arguments)


def _keyword(argument: str) -> str:
    found = re.match(r"([A-Za-z_]\w*)=(?!=)", argument)
    return found[1] if found else ""


def _name(one: Subject, kind: str, case: Case, taken: set[str]) -> str:
    owner = f"{_snake(one.owner.name)}_" if one.owner else ""
    base = f"test_{owner}{one.node.name.strip('_')}"
    if kind == "raises":
        base += f"_raises_{_snake(str(case.told['name']).rpartition('.')[2])}"
    elif kind == "prints":
        base += "_prints"
    elif kind in {"mutates", "state"}:
        base += "_changes_" + ("its_argument" if kind == "mutates" else "state")
    name, number = base, 2
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    taken.add(name)
    return name


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _rows(one: Subject, group: Sequence[Case]) -> tuple[list[str], set[Import]]:
    """Return a parametrized test: its decorator and signature as one, then the body."""
    call = group[0].call
    names = _parameters(one, call.arguments)
    rows, imports = [], set()
    for case in group:
        values = [each[len(_keyword(each)) + 1 :] if _keyword(each) else each for each in case.call.arguments]
        rows.append(f"        ({', '.join([*values, str(case.told['source'])])}),")
        imports |= _imports(case)
    quoted = ", ".join(repr(each) for each in [*names, "expected"])
    head = "\n".join(
        [
            "@pytest.mark.parametrize(",
            f"    ({quoted}),",
            "    [",
            *rows,
            "    ],",
            ")",
            f"def test_name({', '.join([*names, 'expected'])}):",
        ]
    )
    passed = [f"{_keyword(a)}={n}" if _keyword(a) else n for a, n in zip(call.arguments, names, strict=True)]
    called = f"{call.receiver}.{call.name}" if call.receiver else call.name
    expression = _wrapped(group[0], f"{called}({', '.join(passed)})")
    return [head, f"assert {expression} == expected"], {*imports, ("pytest", "")}


def _parameters(one: Subject, arguments: Sequence[str]) -> list[str]:
    slots = [slot.name for slot in one.slots if not slot.keyword]
    names: list[str] = []
    for number, each in enumerate(arguments):
        name = _keyword(each) or (slots[number] if number < len(slots) else f"arg{number}")
        name = name.strip("_") or f"arg{number}"
        clash = name in {"expected", "request", "self", "pytest", one.node.name, *names, *STANDARD}
        names.append(f"{name}_" if clash else name)
    return names


def _single(  # noqa: PLR0911 - one return for each kind of outcome
    case: Case, runner: Runner
) -> tuple[list[str], set[Import]]:
    """Return the body of a test of one call."""
    told, call = case.told, case.call
    imports = _imports(case)
    lines: list[str]
    if case.kind == "value":
        expression = _wrapped(case, call.text)
        if told.get("float") and len(str(told["source"])) > _LONG_FLOAT:
            if runner == "unittest":
                return [f"self.assertAlmostEqual({expression}, {told['source']})"], imports
            return [f"assert {expression} == pytest.approx({told['source']})"], {*imports, ("pytest", "")}
        return [_equal(expression, str(told["source"]), runner)], imports
    if case.kind == "raises":
        return _raising(case, runner, imports)
    if case.kind == "text":
        return [*_result(case, runner), _equal("str(result)", repr(told["text"]), runner)], imports
    if case.kind == "prints":
        text = repr(told["text"])
        if runner == "unittest":
            lines = ["out = io.StringIO()", "with contextlib.redirect_stdout(out):", f"    {call.text}"]
            return [*lines, _equal("out.getvalue()", text, runner)], {
                *imports,
                ("io", ""),
                ("contextlib", ""),
            }
        return [call.text, _equal("capsys.readouterr().out", text, runner)], imports
    if case.kind == "mutates":
        arguments = list(call.arguments)
        value, arguments[told["index"]] = arguments[told["index"]], "given"
        text = f"{call.receiver}.{call.name}" if call.receiver else call.name
        lines = [f"given = {value}", f"{text}({', '.join(arguments)})"]
        return [*lines, _equal(f"given{told.get('read', '')}", str(told["source"]), runner)], imports
    if case.kind == "state":
        after = call.text.replace(call.receiver, "made", 1)
        lines = [f"made = {call.receiver}", after]
        return [*lines, *(_equal(f"made.{name}", text, runner) for name, text in told["attrs"])], imports
    attributes = (_equal(f"result.{name}", text, runner) for name, text in told["attrs"])
    return [*_result(case, runner), *attributes], imports


def _result(case: Case, runner: Runner) -> list[str]:
    """Return the lines that make a result and, where that tells something, assert its type."""
    typed = _equal("type(result).__name__", repr(case.told["name"]), runner)
    return [f"result = {case.call.text}", *([] if case.told.get("untyped") else [typed])]


def _raising(case: Case, runner: Runner, imports: set[Import]) -> tuple[list[str], set[Import]]:
    told = case.told
    name, module = str(told["name"]), str(told["module"])
    if module != "builtins":
        imports = {*imports, (module, name.partition(".")[0])}
    message = str(told["message"])
    plain = 0 < len(message) <= 100 and "0x" not in message and message.isprintable()  # noqa: PLR2004 - a line
    match = ""
    if plain:
        match = f"re.escape({message!r})" if _SPECIAL.search(message) else repr(message)
    raised = _wrapped(case, case.call.text)
    if runner == "unittest":
        call = f"self.assertRaisesRegex({name}, {match})" if match else f"self.assertRaises({name})"
    else:
        call = f"pytest.raises({name}, match={match})" if match else f"pytest.raises({name})"
        imports = {*imports, ("pytest", "")}
    return [f"with {call}:", f"    {raised}"], imports


def _equal(one: str, other: str, runner: Runner) -> str:
    constant = other in {"None", "True", "False"}
    if runner == "unittest":
        if constant:
            return f"self.assertIs({one}, {other})"
        return f"self.assertEqual({one}, {other})"
    return f"assert {one} is {other}" if constant else f"assert {one} == {other}"


def _wrapped(case: Case, expression: str) -> str:
    wrap = case.told.get("wrap")
    if wrap == "str":
        return f"[str(each) for each in {expression}]"
    return f"{wrap}({expression})" if wrap else expression


def _imports(case: Case) -> set[Import]:
    return {(str(module), str(name)) for module, name in case.told.get("imports", ())}


def _names_in(text: str) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and not hasattr(builtins, node.id)
    }
