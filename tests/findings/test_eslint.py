"""ESLint as it is: installed by npm, its reports read, its fixes and an engine's proven by ESLint itself."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from bot.data import Change, Outcome, Rejected, Verified
from bot.findings.finding import span
from bot.findings.reports import read_any, read_reports
from bot.pipeline import Work, run
from bot.pipeline.fixes import Fixes
from bot.pipeline.offering import EngineOffer
from bot.verify.checker import Tools
from bot.verify.rechecks import rechecks
from bot.verify.ruff import Ruff
from bot.verify.sandbox import open_sandbox
from bot.verify.trials import NoTrials
from tests.commands.test_commands import codebot
from tests.commands.test_fixes import report, write
from tests.test_fixing import Scripted
from tests.verify.sandbox.conftest import require_sandbox

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("eslint@10", "@microsoft/eslint-formatter-sarif@3")
PACKAGE = '{"name": "shop", "private": true, "type": "module"}\n'
CONFIGURATION = """\
export default [
  {rules: {"no-var": "error", "prefer-const": "error", eqeqeq: "error", "no-extra-boolean-cast": "error"}},
];
"""
CART = """\
// 🛒 cart
export function total(prices) {
  var sum = 0; /* 🧮 */ var tax = 0;
  for (const price of prices) {
    if (!!price) {
      sum += price;
      tax += price;
    }
  }
  return sum + tax;
}

export function same(a, b) {
  return a == b;
}
"""
JSON, SARIF = "npx eslint -f json {path}", "npx eslint -f @microsoft/eslint-formatter-sarif {path}"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with ESLint; its tests are skipped where npm cannot bring it."""
    if shutil.which("npm") is None:
        pytest.skip("no npm on PATH")
    folder = tmp_path_factory.mktemp("eslint")
    write(folder, {"package.json": PACKAGE})
    quick = ["--fetch-retries=0", "--fetch-timeout=20000"]  # offline, the tests are skipped soon
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *quick, *PACKAGES]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    except subprocess.TimeoutExpired:
        pytest.skip("npm took more than four minutes")
    if done.returncode:
        pytest.skip(f"npm cannot install ESLint: {(done.stderr or done.stdout).strip()[-200:]}")
    return folder


@pytest.fixture
def shop(installed: Path) -> Path:
    """Return the project with a file that ESLint complains of."""
    require_sandbox()
    write(installed, {"eslint.config.js": CONFIGURATION, "src/cart.js": CART, ".gitignore": "node_modules\n"})
    return installed


def lint(shop: Path, form: str, file: str) -> Path:
    """Let ESLint write a report of the project."""
    command = ["npx", "eslint", "-f", form, "-o", file, "src"]
    done = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    return shop / file


def outcomes(shop: Path, reported: Path, command: str, answer: str) -> list[Outcome]:
    """Take the file through the fix flow, with what an engine answers where ESLint offers no safe fix."""
    source = (shop / "src" / "cart.js").read_bytes()
    found = read_reports([reported], [], shop, list)
    with open_sandbox(shop) as sandbox:
        tools = Tools(Ruff(shop), found.by_path, rechecks([f"eslint: {command}"], lambda: sandbox))
        offer = EngineOffer(Scripted(lambda _: f"```js\n{answer}```\n", chat=True))
        flow = Fixes(tools, NoTrials("no test"), lambda _path, _name: "", offer)
        return list(run(flow, Work([Change("src/cart.js", source, source)])))


def test_eslints_own_fixes_are_proven_by_eslint(shop: Path) -> None:
    lint(shop, "json", "eslint.json")
    write(shop, {".codebot.toml": f'recheck = ["eslint: {JSON}"]\n'})
    found = report(shop, "--findings", "eslint.json")
    fixes = {s["start_line"]: s["replacement"] for s in found["suggestions"]}
    assert fixes == {3: "  let sum = 0; /* 🧮 */ let tax = 0;\n", 5: "    if (price) {\n"}
    assert [(h["rule"], h["reason"]) for h in found["hints"]] == [("eqeqeq", "unsafe-fix")]
    codebot("annotate", "--tasks", "fixes", "--findings", "eslint.json", "--apply", cwd=shop)
    left = json.loads(lint(shop, "json", "left.json").read_text(encoding="utf-8"))
    assert [m["ruleId"] for row in left for m in row["messages"]] == ["eqeqeq"]
    (shop / ".codebot.toml").unlink()
    write(shop, {"src/cart.js": CART})
    unproven = report(shop, "--findings", "eslint.json")
    assert {h["reason"] for h in unproven["hints"]} == {"no-recheck"}


@pytest.mark.parametrize("form", ["json-with-metadata", "@microsoft/eslint-formatter-sarif"])
def test_an_engines_fix_is_shown_if_eslint_no_longer_complains(shop: Path, form: str) -> None:
    good = CART[CART.index("export function same") :].replace("==", "===")
    reported = lint(shop, form, "report.json")
    command = SARIF if "sarif" in form else JSON
    found = [one for one in outcomes(shop, reported, command, good) if isinstance(one, Verified)]
    written = [one for one in found if one.suggestion.completions]
    assert [one.suggestion.replacement for one in written] == ["  return a === b;\n"]
    told = {e.check: e.detail for e in written[0].evidence}
    assert told["finding-gone"].lower() == "eslint eqeqeq in same no longer reported"
    assert len(found) == (1 if "sarif" in form else 3), "ESLint's SARIF has none of its fixes"
    notes = read_reports([reported], [], shop, list).notes
    assert [note for note in notes if "eslint -f json" in note] == (list(notes) if "sarif" in form else [])
    assert len(notes) == ("sarif" in form)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("  return b == a;", "finding-remains"),
        ("  var r = a === b;\n  return r;", "new-finding"),
    ],
)
def test_an_engines_fix_is_refused_if_eslint_still_complains(shop: Path, answer: str, reason: str) -> None:
    whole = CART[CART.index("export function same") :].replace("  return a == b;", answer)
    reported = lint(shop, "json", "eslint.json")
    found = [one for one in outcomes(shop, reported, JSON, whole) if isinstance(one, Rejected)]
    assert [one.reason for one in found] == [reason]
    assert found[0].hint
    assert found[0].hint.rule == "eqeqeq"


ROW = {
    "ruleId": "semi",
    "message": "Missing semicolon.",
    "line": 2,
    "column": 5,
    "fix": {"range": [9, 9], "text": ";"},
}


def test_ranges_count_utf16_units_over_all_lines() -> None:
    text = "a 🛒\r\nb=1\nc\n"
    found, strangers = read_any([{"filePath": "/r/a.js", "messages": [ROW], "source": text}], "/r")
    assert strangers == 0
    assert found[0].fix
    (edit,) = found[0].fix.edits
    assert (edit.region.start_line, edit.region.start_column) == (2, 4)
    at = len("a 🛒\r\nb=1".encode())
    assert span(text.encode(), edit.region) == (at, at)


@pytest.mark.parametrize("changed", [{"source": None}, {"source": "a"}])
def test_a_fix_whose_text_is_not_in_the_report_is_left_out(changed: dict[str, object]) -> None:
    found, _ = read_any([{"filePath": "/r/a.js", "messages": [ROW], **changed}], "/r")
    assert [(one.rule, one.fix) for one in found] == [("semi", None)]


def test_what_is_about_no_code_is_no_finding_and_what_cannot_be_parsed_is_one() -> None:
    ignored = {"ruleId": None, "message": "File ignored by default.", "severity": 1}
    broken = {"ruleId": None, "fatal": True, "message": "Parsing error: Unexpected token", "line": 1}
    rows = [{"filePath": "/r/a.js", "messages": [ignored, broken]}, {"filePath": "/x.js", "messages": [ROW]}]
    found, strangers = read_any(json.loads(json.dumps(rows)), "/r")
    assert [one.rule for one in found] == ["parsing-error"]
    assert strangers == 1


@pytest.mark.parametrize(
    "row", [{"filePath": "/r/a.js", "messages": 3}, {"filePath": "/r/a.js", "messages": [{"ruleId": "x"}]}]
)
def test_what_is_not_eslints_json_is_an_error(row: object) -> None:
    with pytest.raises(ValueError, match="has no usable"):
        read_any([row], "/r")
