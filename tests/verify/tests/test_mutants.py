"""Mistakes in a function, in many languages; and what a test of JavaScript may not do."""

from __future__ import annotations

import pytest

from bot.chunk.tree import has_error, parse
from bot.verify.tests.javascript.banned import asserts, banned
from bot.verify.tests.mutants import applied, mutants

SOURCES = {
    "javascript": ("function f(a, b) {\n  if (a > b && b) { g(a); return a + 1; }\n  return 'no';\n}\n"),
    "typescript": (
        "function f(a: number, b?: Map<string, number>): any {\n"
        "  if (a > 1) { g(a); return a + 1; }\n"
        "  return b;\n"
        "}\n"
    ),
    "c": ("int f(int a, int b)\n{\n  if (a > b && b) {\n    g(a);\n    return a + 1;\n  }\n  return 0;\n}\n"),
    "cpp": (
        "int f(std::vector<int> a, int b)\n"
        "{\n"
        "  if (a[0] > b && b) {\n"
        "    return a[0] + 1;\n"
        "  }\n"
        "  return 0;\n"
        "}\n"
    ),
    "go": (
        "package p\n"
        "\n"
        "func f(a int, b int) int {\n"
        "\tif a > b && b > 0 {\n"
        "\t\treturn a + 1\n"
        "\t}\n"
        "\treturn 0\n"
        "}\n"
    ),
    "java": (
        "class A {\n  int f(int a, int b) {\n    if (a > b) { g(a); return a + 1; }\n    return 0;\n  }\n}\n"
    ),
    "rust": ("fn f(a: i32, b: i32) -> i32 {\n    if a > b && b > 0 { return a + 1; }\n    0\n}\n"),
    "ruby": ("def f(a, b)\n  if a > b && b\n    return a + 1\n  end\n  'no'\nend\n"),
    "php": (
        "<?php\nfunction f($a, $b) {\n  if ($a > $b && $b) { g($a); return $a + 1; }\n  return 'no';\n}\n"
    ),
    "bash": ('f() {\n  if [ "$1" -gt 3 ] && [ "$2" = x ]; then\n    echo $(( $1 + 1 ))\n  fi\n}\n'),
    "lua": ("function f(a, b)\n  if a > b and b then\n    return a + 1\n  end\n  return 'no'\nend\n"),
}


@pytest.mark.parametrize("language", SOURCES)
def test_every_mutant_is_another_program_in_the_syntax_of_the_language(language: str) -> None:
    source = SOURCES[language].encode()
    assert not has_error(language, source)
    tree = parse(language, source)
    assert tree is not None
    made = [applied(source, edit) for edit in mutants(language, source, tree.root_node)]
    assert len(set(made)) == len(made) >= 3
    assert all(text != source and not has_error(language, text) for text in made)


def test_all_kinds_of_mistakes_are_made() -> None:
    source = SOURCES["javascript"].encode()
    tree = parse("javascript", source)
    assert tree is not None
    told = {edit.what for edit in mutants("javascript", source, tree.root_node)}
    assert {"> becomes >=", "&& becomes ||", "+ becomes -", "1 becomes 2"} <= told
    assert {"condition negated", "returns undefined", "statement removed", "'no' becomes ''"} <= told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("await new Promise((done) => setTimeout(done, 10));", "sleeps"),
        ("assert.ok(Date.now() > 1);", "tells the time"),
        ("assert.ok(new Date() > 1);", "tells the time"),
        ("assert.ok(Math.random() < 1);", "draws random numbers"),
        ("const got = await fetch('https://example.org');", "uses the network"),
        ("require('node:child_process').execSync('ls');", "uses node:child_process"),
        ("const fs = await import('fs');", "uses fs"),
        ("process.exit(0);", "ends or moves the process"),
        ("assert.equal(f('/home/me/x'), 1);", "names a path of this machine"),
        ("assert.equal(f(process.env.HOME), 1);", "depends on the machine"),
        ("it.skip('x', () => {});", "skips tests"),
        ("try { f(); } catch {}", "swallows errors"),
        ("vi.mock('./x');", "replaces what it tests"),
    ],
)
def test_what_a_test_of_javascript_may_not_do(body: str, said: str) -> None:
    assert said in banned(body)


def test_what_a_test_of_javascript_may_do() -> None:
    body = "const given = new Date(0);\nassert.equal(f(given, 'a/b', /x/), 1);"
    assert banned(body) == ""
    assert asserts(body)
    assert asserts("expect(f(1)).toBe(2);")
    assert asserts("await expect(async () => f(1)).rejects.toThrow(TypeError);")
    assert not asserts("assert.equal(1, 1);")
    assert not asserts("expect(true).toBe(true);")
    assert not asserts("f(1);")
