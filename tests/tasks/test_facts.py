"""What may truthfully be said of a body, and what may not."""

from __future__ import annotations

import pytest

from bot.chunk.symbols import symbols
from bot.tasks.facts import Facts, facts


def facts_of(source: str, name: str = "f") -> Facts | None:
    raw = source.encode()
    (symbol,) = (s for s in symbols("python", raw) if s.name == name)
    return facts(symbol, raw)


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        ("if a < 0:\n    raise ValueError('no')", [("ValueError", "If `a < 0`.")]),
        ("if a:\n    pass\nelse:\n    raise errors.Bad(a)", [("errors.Bad", "Unless `a`.")]),
        ("raise ValueError('never  call this')", [("ValueError", 'With the message "never  call this".')]),
        (
            "try:\n    b()\nexcept (KeyError, OSError) as e:\n    raise Bad(e) from e",
            [("Bad", "On `KeyError` or `OSError`.")],
        ),
        ("if a:\n    raise Bad\nif b:\n    raise Bad()", [("Bad", "If `a`, or if `b`.")]),
        ("def g():\n    raise Bad\nreturn g", []),
        ("for b in a:\n    if b:\n        raise Bad", [("Bad", "If `b`.")]),
    ],
)
def test_exceptions_are_described_by_their_own_code(body: str, raised: list[tuple[str, str]]) -> None:
    found = facts_of("def f(a):\n" + "".join(f"    {line}\n" for line in body.split("\n")))
    assert found is not None
    assert [(r.name, r.when) for r in found.raises or ()] == raised


@pytest.mark.parametrize(
    "body",
    [
        "raise",
        "raise a",
        "raise make()",
        "raise MAKE()",
        "try:\n    raise Bad(1)\nexcept Exception:\n    pass",
        "raise Bad(f'{a}')",
    ],
)
def test_what_may_not_reach_the_caller_is_unknown(body: str) -> None:
    found = facts_of("def f(a):\n    a = 1\n" + "".join(f"    {line}\n" for line in body.split("\n")))
    assert found is not None
    assert found.raises is None


def test_results_of_nested_functions_are_not_the_functions_own() -> None:
    found = facts_of(
        "def f(a):\n    def g():\n        yield 1\n        return 2\n\n"
        "    h = lambda: (yield)\n    print(g, h)\n"
    )
    assert found is not None
    assert (found.returns, found.yields, found.returns_nothing) == (False, False, False)


def test_a_method_is_read_at_its_own_depth() -> None:
    found = facts_of(
        "class C:\n    if a:\n        @deco\n        def f(self):\n"
        '            b = """\nout"""\n            return b\n'
    )
    assert found is not None
    assert found.returns


def test_code_of_another_python_has_no_facts() -> None:
    assert facts_of("def f(a):\n    print 'hello'\n    exec 'x' in a\n") is None
