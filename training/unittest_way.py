"""Assertions in unittest's way, turned into pytest's: what the embedded model is asked for is a function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Plain", "Unfit", "literal"]

_COMPARE: Mapping[str, type[ast.cmpop]] = {
    **dict.fromkeys(
        (
            "assertEqual", "assertEquals", "assertDictEqual", "assertListEqual", "assertTupleEqual",
            "assertSetEqual", "assertSequenceEqual", "assertMultiLineEqual", "failUnlessEqual",
        ),
        ast.Eq,
    ),
    **dict.fromkeys(("assertNotEqual", "assertNotEquals"), ast.NotEq),
    "assertIs": ast.Is,
    "assertIsNot": ast.IsNot,
    "assertIn": ast.In,
    "assertNotIn": ast.NotIn,
    "assertGreater": ast.Gt,
    "assertGreaterEqual": ast.GtE,
    "assertLess": ast.Lt,
    "assertLessEqual": ast.LtE,
}  # fmt: skip
_RAISES = {
    "assertRaises": "raises",
    "assertRaisesRegex": "raises",
    "assertRaisesRegexp": "raises",
    "assertWarns": "warns",
    "assertWarnsRegex": "warns",
}
_PLACES = 7  # unittest's default of assertAlmostEqual


class Unfit(Exception):  # noqa: N818 - not an error: most tests do not fit
    """A test that nothing is learnt from, and why."""


class Plain(ast.NodeTransformer):
    """Turns `self.assert…` into `assert`, wherever it stands; raises `Unfit` for what has no plain form."""

    def __init__(self) -> None:
        self.caught: set[str] = set()  # names that hold a caught exception

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """Turn a statement that asserts."""
        self.generic_visit(node)
        called = _method(node.value)
        if called is None:
            return node
        name, call = called
        if name in _RAISES:
            if len(call.args) <= (at := 2 if "Regex" in name else 1):
                raise Unfit("an assertion without a plain form")
            function = call.args[at]
            inner: ast.expr = ast.Call(function, call.args[at + 1 :], call.keywords)
            if isinstance(function, ast.Lambda) and ast.unparse(function.args) == "":
                inner = function.body
            return ast.With([ast.withitem(_raises(name, call.args[:at]))], [ast.Expr(inner)])
        return ast.Assert(_condition(name, _given(call, name)))

    def visit_With(self, node: ast.With) -> ast.With:
        """Turn `with self.assertRaises(…)`."""
        for item in node.items:
            called = _method(item.context_expr)
            if called is None or called[0] not in _RAISES:
                continue
            name, call = called
            item.context_expr = _raises(name, call.args)
            if isinstance(item.optional_vars, ast.Name):
                self.caught.add(item.optional_vars.id)
        self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        """Turn the `exception` of what was caught."""
        self.generic_visit(node)
        held = isinstance(node.value, ast.Name) and node.value.id in self.caught
        return ast.Attribute(node.value, "value", node.ctx) if held and node.attr == "exception" else node


def _method(node: ast.expr) -> tuple[str, ast.Call] | None:
    """Return what is called of `self`, and the call."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "self"
    ):
        return node.func.attr, node
    return None


def _given(call: ast.Call, name: str) -> tuple[list[ast.expr], dict[str, ast.expr]]:
    named = {each.arg: each.value for each in call.keywords if each.arg}
    named.pop("msg", None)
    if named.keys() - {"places", "delta"} or (named and "AlmostEqual" not in name):
        raise Unfit("an assertion without a plain form")
    return call.args, named


def _condition(  # noqa: C901, PLR0911, PLR0912 - one return for each kind of assertion
    name: str, given: tuple[Sequence[ast.expr], Mapping[str, ast.expr]]
) -> ast.expr:
    values, named = given
    if name in {"assertTrue", "assert_", "failUnless"} and values:
        return values[0]
    if name in {"assertFalse", "failIf"} and values:
        return ast.UnaryOp(ast.Not(), values[0])
    if name in {"assertIsNone", "assertIsNotNone"} and values:
        return _compared(values[0], ast.Is() if name == "assertIsNone" else ast.IsNot(), ast.Constant(None))
    if len(values) < 2:
        raise Unfit("an assertion without a plain form")
    one, other = values[:2]
    if name in _COMPARE:
        operator = _COMPARE[name]()
        if isinstance(other, ast.Constant) and (other.value is None or isinstance(other.value, bool)):
            operator = {ast.Eq: ast.Is(), ast.NotEq: ast.IsNot()}.get(type(operator), operator)
        elif isinstance(operator, (ast.Eq, ast.NotEq)) and literal(one) and not literal(other):
            one, other = other, one  # what is called comes first, as pytest's users write it
        return _compared(one, operator, other)
    if name in {"assertIsInstance", "assertNotIsInstance"}:
        holds: ast.expr = ast.Call(ast.Name("isinstance", ast.Load()), [one, other], [])
        return holds if name == "assertIsInstance" else ast.UnaryOp(ast.Not(), holds)
    if name in {"assertCountEqual", "assertItemsEqual"}:
        ordered = [ast.Call(ast.Name("sorted", ast.Load()), [each], []) for each in (one, other)]
        return _compared(ordered[0], ast.Eq(), ordered[1])
    if name in {"assertRegex", "assertRegexpMatches", "assertNotRegex"}:
        found = ast.Call(ast.Attribute(ast.Name("re", ast.Load()), "search", ast.Load()), [other, one], [])
        return found if name != "assertNotRegex" else ast.UnaryOp(ast.Not(), found)
    if name in {"assertAlmostEqual", "assertAlmostEquals"}:
        near = named.get("delta")
        if near is None:
            places = named.get("places", values[2] if len(values) > 2 else ast.Constant(_PLACES))
            if not isinstance(places, ast.Constant) or not isinstance(places.value, int):
                raise Unfit("an assertion without a plain form")
            near = ast.parse(f"1e-{places.value}", mode="eval").body
        if literal(one) and not literal(other):
            one, other = other, one
        near_to = ast.Attribute(ast.Name("pytest", ast.Load()), "approx", ast.Load())
        return _compared(one, ast.Eq(), ast.Call(near_to, [other], [ast.keyword("abs", near)]))
    raise Unfit("an assertion without a plain form")


def _raises(name: str, values: Sequence[ast.expr]) -> ast.expr:
    keywords = [ast.keyword("match", values[1])] if "Regex" in name and len(values) > 1 else []
    function = ast.Attribute(ast.Name("pytest", ast.Load()), _RAISES[name], ast.Load())
    return ast.Call(function, list(values[:1]), keywords)


def _compared(one: ast.expr, operator: ast.cmpop, other: ast.expr) -> ast.expr:
    return ast.Compare(one, [operator], [other])


def literal(node: ast.expr) -> bool:
    """Whether an expression is made of literals alone."""
    return not any(isinstance(each, (ast.Name, ast.Call, ast.Attribute)) for each in ast.walk(node))
