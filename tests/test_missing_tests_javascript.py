"""Missing tests of JavaScript and TypeScript, over small projects, by real Node in the sandbox."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.data import Outcome, Rejected, Skipped, Verified
from tests.test_missing_tests import Writer, asked_of, named, outcomes_of

NODE = shutil.which("node")
MODULES = Path(__file__).parent / "javascript" / "node_modules"

pytestmark = pytest.mark.skipif(NODE is None, reason="needs node on the path")

TEXT = """\
/**
 * Make a slug of words.
 * @param {string} text
 */
export function slugify(text, { separator = '-' } = {}) {
  if (typeof text !== 'string') throw new TypeError(`Expected a string, got ${typeof text}`);
  return (text.match(/[A-Za-z0-9]+/g) || []).join(separator).toLowerCase();
}

export async function later(number) {
  await null;
  if (number < 0) throw new RangeError('negative');
  return number * 2;
}

export function* evens(limit) {
  for (let n = 0; n < limit; n++) {
    if (n % 2 === 0) yield n;
  }
}

export async function* squares(count) {
  for (let n = 0; n < count; n += 1) yield n * n;
}

export default function ratio(a, b) {
  return a / b;
}

export class Cart {
  constructor(owner) {
    this.owner = owner;
    this.items = [];
  }
  add(item) {
    this.items.push(item);
  }
  get size() {
    return this.items.length;
  }
  static of(items) {
    const made = new Cart('x');
    made.items = [...items];
    return made;
  }
}

export function sortInPlace(items) {
  items.sort((a, b) => b - a);
}

export const zero = (n) => n * -0;

export function now() {
  return Date.now();
}

export function leave(code) {
  process.exit(code);
}

export function die() {
  process.kill(process.pid, 'SIGKILL');
  return 1;
}

export function forever(n) {
  while (true) n += 1;
}

function hidden(x) {
  return x;
}
"""


def project(root: Path, files: dict[str, str], **manifest: object) -> Path:
    """Write a project: its manifest, and files by path."""
    if manifest:
        (root / "package.json").write_text(json.dumps(manifest))
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def installed(root: Path) -> None:
    """Give a project the packages of `tests/javascript`, without copying a byte where links do."""
    if not (MODULES / "vitest").is_dir():
        pytest.skip("needs `make test` or `npm ci --ignore-scripts` in tests/javascript")
    try:
        shutil.copytree(MODULES, root / "node_modules", symlinks=True, copy_function=os.link)
    except shutil.Error:  # another file system
        shutil.rmtree(root / "node_modules")
        shutil.copytree(MODULES, root / "node_modules", symlinks=True)


def applied(root: Path, outcomes: list[Outcome]) -> dict[str, str]:
    """Write every suggestion into its file; return their texts by path."""
    texts = {}
    for each in outcomes:
        if not isinstance(each, Verified):
            continue
        one = each.suggestion
        path = root / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text().splitlines(keepends=True) if path.exists() else []
        new = (
            [*lines[: one.start_line - 1], one.replacement, *lines[one.end_line :]]
            if lines
            else [one.replacement]
        )
        path.write_text("".join(new))
        texts[one.path] = "".join(new)
    return texts


def passes(root: Path, *paths: str) -> bool:
    """Whether test files pass by node's own runner, as a user would run it."""
    assert NODE is not None
    ran = subprocess.run([NODE, "--test", *paths], cwd=root, capture_output=True, check=False)
    return ran.returncode == 0


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Outcome]]:
    """Look for tests of one module with all that JavaScript has."""
    root = project(tmp_path_factory.mktemp("text"), {"src/text.js": TEXT}, type="module")
    return root, outcomes_of(root)


def test_every_kind_of_outcome_becomes_a_test_that_passes(text: tuple[Path, list[Outcome]]) -> None:
    root, outcomes = text
    written = applied(root, outcomes)["test/text.test.js"]
    assert "from 'node:test';" in written
    assert "from '../src/text.js';" in written
    assert "Pins today's behaviour" in written
    assert "name: 'TypeError', message: 'Expected a string, got" in written
    assert (
        "await assert.rejects(async () => later(-1), { name: 'RangeError', message: 'negative' });" in written
    )
    assert re.search(r"assert\.deepStrictEqual\(\[\.\.\.evens\(\d\)\], \[0, 2", written)
    assert "for await (const item of squares(2)) items.push(item);" in written
    changed = r"const given = \[.*\];\n    sortInPlace\(given\);\n    assert\.deepStrictEqual\(given, \["
    assert re.search(changed, written)
    assert re.search(r"assert\.strictEqual\(zero\(\d+\), -0\);", written)
    assert "assert.deepStrictEqual(made.items, [" in written
    assert "assert.strictEqual(new Cart(" in written
    assert passes(root, "test/text.test.js")


def test_what_cannot_be_tested_ends_with_its_reason(text: tuple[Path, list[Outcome]]) -> None:
    _, outcomes = text
    assert named(outcomes, Rejected) == {
        "now": "no-outcome",
        "leave": "no-outcome",
        "die": "test-crashes",
        "forever": "no-outcome",
    }
    assert named(outcomes, Skipped)["hidden"] == "out-of-reach"


def test_the_evidence_counts_mutants_and_passes(text: tuple[Path, list[Outcome]]) -> None:
    verified = next(each for each in text[1] if isinstance(each, Verified))
    told = {each.check: each.detail for each in verified.evidence}
    assert told["passes"] == "5/5 passes"
    found = re.fullmatch(r"kills (\d+) of (\d+) mutants", told["catches"])
    assert found is not None
    assert int(found[1]) >= len(verified.suggestion.covers)


def test_common_js_and_tests_that_are_there(tmp_path: Path) -> None:
    """What the project's own tests reach is left alone; new ones go where those are, as those are written."""
    files = {
        "lib/two words.js": "function area(w, h) {\n  if (w < 0) throw new Error('negative')\n"
        "  return w * h\n}\nmodule.exports = area\nmodule.exports.double = n => n * 2\n",
        "test/two words.js": "'use strict'\nconst assert = require('assert')\n"
        "const test = require('node:test')\nconst { double } = require('../lib/two words')\n\n"
        "test('double', () => {\n  assert.equal(double(2), 4)\n})\n",
    }
    root = project(tmp_path, files, scripts={"test": "node --test test/"})
    outcomes = outcomes_of(root)
    assert named(outcomes, Skipped)["double"] == "tested"
    written = applied(root, outcomes)["test/two words.js"]
    assert written.startswith("'use strict'\nconst assert = require('assert')\nconst test")
    assert written.count("require('../lib/two words')") == 2
    assert "const area = require('../lib/two words')\n" in written
    assert "describe(" not in written
    assert not re.search(r";$", written, re.MULTILINE)
    assert passes(root, "test/two words.js")


def test_calls_come_from_the_repository(tmp_path: Path) -> None:
    """A call in a document is tried, and an input that no guess would be becomes a test."""
    root = project(
        tmp_path,
        {
            "units.js": "export function seconds(text) {\n  const found = /^(\\d+)(h|min)$/.exec(text);\n"
            "  if (!found) return null;\n  return found[1] * (found[2] === 'h' ? 3600 : 60);\n}\n",
            "README.md": "Use it:\n\n```js\nseconds('90min'); // 5400\n```\n",
        },
        type="module",
    )
    written = "".join(applied(root, outcomes_of(root)).values())
    assert "strictEqual(seconds('90min'), 5400)" in written


@pytest.mark.parametrize(
    ("files", "manifest", "said"),
    [
        ({"a.js": "exports.f = (x) => x + 1;\n", "package.json": "{broken"}, {}, "is not valid JSON"),
        (
            {"a.js": "exports.f = (x) => x + 1;\n"},
            {"scripts": {"test": "vitest run"}},
            "vitest is not installed: run npm ci",
        ),
        ({"a.js": "exports.f = (x) => x + 1;\n"}, {"scripts": {"test": "mocha"}}, "its tests run by mocha"),
        (
            {"a.js": "require('gone-away');\nexports.f = (x) => x + 1;\n"},
            {},
            "Cannot find module 'gone-away'",
        ),
        ({"a.js": "throw new Error('not here');\nexports.f = (x) => x;\n"}, {}, "not here"),
    ],
)
def test_what_keeps_a_project_from_being_tested_is_said(
    tmp_path: Path, files: dict[str, str], manifest: dict[str, object], said: str
) -> None:
    notes: list[str] = []
    outcomes = outcomes_of(project(tmp_path, files, **manifest), notes=notes)
    assert not any(isinstance(each, Verified) for each in outcomes)
    found = [each for each in outcomes if isinstance(each, Skipped) and said in each.detail]
    assert found or any(said in note for note in notes)
    assert any(said in note for note in notes)


def test_a_syntax_error_and_no_manifest(tmp_path: Path) -> None:
    files = {"broken.js": "function (\n", "good.js": "exports.twice = (word) => word + word;\n"}
    outcomes = outcomes_of(project(tmp_path, files))
    assert any(isinstance(each, Skipped) and each.reason == "unparsable" for each in outcomes)
    assert "twice(" in "".join(applied(tmp_path, outcomes).values())


def test_modules_of_the_same_name_have_files_of_their_own(tmp_path: Path) -> None:
    text = "exports.twice = (word) => word + word;\n"
    outcomes = outcomes_of(project(tmp_path, {"a/text.js": text, "b/text.js": text}))
    assert set(applied(tmp_path, outcomes)) == {"test/text.test.js", "test/b-text.test.js"}
    assert not named(outcomes, Rejected)


MONEY = """\
export interface Price { amount: number; currency?: string }
export type Rounding = 'up' | 'down';

export function format(price: Price): string {
  return `${price.amount.toFixed(2)} ${price.currency ?? 'EUR'}`;
}

export const round = (value: number, mode: Rounding): number =>
  mode === 'up' ? Math.ceil(value) : Math.floor(value);
"""


def test_typescript_by_vitest(tmp_path: Path) -> None:
    installed(tmp_path)
    manifest = {"type": "module", "scripts": {"test": "vitest run"}, "devDependencies": {"vitest": "*"}}
    root = project(tmp_path, {"src/money.ts": MONEY}, **manifest)
    written = applied(root, outcomes_of(root))["src/money.test.ts"]
    assert "import { describe, expect, it } from 'vitest';" in written
    assert "from './money';" in written
    assert re.search(r"expect\(format\(\{ amount: \d.* \}\)\)\.toBe\('", written)
    assert re.search(r"expect\(round\([\d.]+, 'up'\)\)\.toBe\(", written)


def test_typescript_by_node_needs_something_that_strips_types(tmp_path: Path) -> None:
    files = {"src/money.ts": MONEY}
    root = project(tmp_path, files, type="module", scripts={"test": "node --test"})
    notes: list[str] = []
    outcomes = outcomes_of(root, notes=notes)
    if any("cannot run TypeScript by itself" in note for note in notes):
        assert any("npm install --save-dev tsx" in note for note in notes)
        installed(tmp_path)
        outcomes = outcomes_of(root)
    written = applied(root, outcomes)["test/money.test.ts"]
    assert "from '../src/money.js';" in written


TWICE = """\
export function twice(word) {
  if (!word) throw new Error('empty');
  return word + word;
}
"""


def test_what_an_engine_writes_is_taken_where_it_holds(tmp_path: Path) -> None:
    """A gap-filling model: its right assertion is kept, its wrong one and its useless one are not."""
    project(tmp_path, {"twice.js": TWICE}, type="module")
    body = (
        "const word = 'ab';\n  assert.equal(twice(word), 'abab');\n  assert.equal(twice('x'), 'x');\n"
        "  assert.ok(twice);\n  assert.equal(twi"
    )
    engine = Writer({"twice": [body]}, chat=False)
    flow, outcomes = asked_of(tmp_path, engine)
    written = "".join(applied(tmp_path, outcomes).values())
    assert "const word = 'ab';\n    assert.equal(twice(word), 'abab');" in written
    assert "'x'), 'x'" not in written
    assert "assert.ok(" not in written
    assert flow.funnel.engine == 2
    assert flow.funnel.dropped == {"kills-nothing": 1}
    assert "import { twice } from '../twice.js';" in engine.asked[0].text


def test_a_chat_model_sees_its_error_once(tmp_path: Path) -> None:
    project(tmp_path, {"twice.js": TWICE}, type="module")
    wrong = "Sure!\n```js\ntest('it', () => {\n  assert.equal(twice('ab'), 'ab');\n});\n```"
    engine = Writer({"twice": [wrong, wrong.replace("'ab');", "'abab');")]}, chat=True)
    _, outcomes = asked_of(tmp_path, engine)
    assert [each.purpose for each in engine.asked] == ["body", "repair"]
    assert "Expected values to be strictly equal" in engine.asked[1].text
    written = "".join(applied(tmp_path, outcomes).values())
    assert "assert.equal(twice('ab'), 'abab');" in written
    assert passes(tmp_path, "test/twice.test.js")


def test_nonsense_from_an_engine_does_no_harm(tmp_path: Path) -> None:
    answers = [
        "",
        "});",
        "require('fs').rmSync('/tmp', { recursive: true });\n  assert.ok(f2('a'))",
        "assert(",
    ]
    text = "".join(f"export const f{n} = (word) => word + word;\n" for n in range(len(answers)))
    project(tmp_path, {"more.js": text}, type="module")
    engine = Writer({f"f{n}": [text] for n, text in enumerate(answers)}, chat=False)
    flow, outcomes = asked_of(tmp_path, engine)
    assert flow.funnel.engine == 0
    covered = [c for each in outcomes if isinstance(each, Verified) for c in each.suggestion.covers]
    assert len(covered) == len(answers)  # what was observed stands by itself
