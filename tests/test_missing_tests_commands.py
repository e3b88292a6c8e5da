"""Missing tests by a configured command: what an engine writes is proven by the language's own tools."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.config import load, sensitive
from bot.data import Outcome, Rejected, Skipped, Verified
from bot.errors import UsageError
from bot.files import load_filters, read_folder
from bot.pipeline import Work, run
from bot.pipeline.tests import MissingTests
from bot.verify.sandbox import find_python, open_sandbox
from bot.verify.tests.commands import commands
from tests.test_missing_tests import Writer
from tests.verify.tests.conftest import require_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.data import Change

C = "c: cc -Wall -Werror -o /tmp/tried {path} {source} && /tmp/tried"
CLAMP = """\
int clamp(int value, int low, int high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}
"""
RIGHT = """\
```c
#include <assert.h>
int clamp(int value, int low, int high);
int main(void)
{
    assert(clamp(5, 0, 3) == 3);
    assert(clamp(-1, 0, 3) == 0);
    assert(clamp(2, 0, 3) == 2);
    return 0;
}
```"""

needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")


def outcomes_of(
    root: Path, command: str, engine: Writer | None, notes: list[str] | None = None
) -> list[Outcome]:
    """Run the flow over a folder."""
    require_sandbox()

    def tree() -> Iterator[Change | Skipped]:
        return read_folder(root, (), load_filters(root))

    python = find_python(root, configured=Path(sys.executable))
    with open_sandbox(root, python=python) as opened:
        opens = (lambda: engine) if engine is not None else None
        flow = MissingTests(
            root, tree, lambda: opened, jobs=1, engine=opens, note=(notes or []).append, commands=[command]
        )
        return list(run(flow, Work(tree())))


def rejection(outcomes: list[Outcome]) -> tuple[str, str]:
    """Return the reason and detail of the only rejection."""
    found = [each for each in outcomes if isinstance(each, Rejected)]
    assert len(found) == 1, outcomes
    return found[0].reason, found[0].detail


@needs_cc
def test_a_test_of_c_is_compiled_repeated_and_catches_mutants(tmp_path: Path) -> None:
    (tmp_path / "shop.c").write_text(CLAMP)
    outcomes = outcomes_of(tmp_path, C, Writer({"clamp": [RIGHT]}, chat=True))
    verified = next(each for each in outcomes if isinstance(each, Verified))
    assert verified.suggestion.path == "tests/test_shop_clamp.c"
    assert verified.suggestion.replacement.startswith("#include <assert.h>")
    told = {each.check: each.detail for each in verified.evidence}
    assert told["passes"] == "5/5 passes"
    assert told["catches"].startswith("kills ")
    assert not told["catches"].startswith("kills 0 ")


@needs_cc
@pytest.mark.parametrize(
    ("answer", "reason", "said"),
    [
        ("```c\nint main(void) { return clamp(1, 2, 3); }\n```", "test-import", "implicit declaration"),
        (RIGHT.replace("== 3", "== 4"), "fails", "clamp(5, 0, 3) == 4"),
        ("```c\nint clamp(int a, int b, int c);\nint main(void) { clamp(1, 2, 3); return 0; }\n```",
         "kills-nothing", "passes on all"),
        (RIGHT.replace("int main(void)\n{", "int main(void)\n{\n    sleep(1);"), "banned", "sleeps"),
        ("```c\nint main(void) { return 0; }\n```", "asserts-nothing", "never mentions clamp"),
        ("```c\nint main(void {{\n```", "test-does-not-parse", ""),
        ("", "no-answer", ""),
    ],
)  # fmt: skip
def test_what_is_not_proven_is_rejected_with_its_reason(
    tmp_path: Path, answer: str, reason: str, said: str
) -> None:
    (tmp_path / "shop.c").write_text(CLAMP)
    told = rejection(outcomes_of(tmp_path, C, Writer({"clamp": [answer]}, chat=True)))
    assert told[0] == reason
    assert said in told[1]


def test_an_error_is_shown_once_and_the_next_answer_counts(tmp_path: Path) -> None:
    """Bash has nothing to build, and is on every machine that has the sandbox."""
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    (tmp_path / "lib.sh").write_text('double() {\n  echo "$(( $1 * 2 ))"\n}\n')
    right = '```bash\nset -e\n. ./lib.sh\n[ "$(double 3)" = 6 ]\n```'
    engine = Writer({"double": [right.replace("= 6", "= 7"), right]}, chat=True)
    outcomes = outcomes_of(tmp_path, "bash: bash {path}", engine)
    verified = next(each for each in outcomes if isinstance(each, Verified))
    assert verified.suggestion.path == "tests/test_lib_double.sh"
    assert [each.purpose for each in engine.asked] == ["body", "repair"]
    assert len(verified.suggestion.completions) == 2


def test_without_an_engine_that_writes_code(tmp_path: Path) -> None:
    (tmp_path / "lib.sh").write_text('double() {\n  echo "$(( $1 * 2 ))"\n}\n')
    outcomes = outcomes_of(tmp_path, "bash: bash {path}", None)
    found = [each for each in outcomes if isinstance(each, Skipped) and each.reason == "no-test-runner"]
    assert len(found) == 1
    assert "name one with --engine" in found[0].detail


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("go test {directory}", "is not LANGUAGE: COMMAND"),
        ("go: go test", "is not LANGUAGE: COMMAND"),
        ("go: go test '{directory}", "No closing quotation"),
        ("go: go test {directory}", "needs a step that builds"),
        ("cobol: run {path}", "no language that codebot parses"),
    ],
)
def test_a_command_that_cannot_be_used(setting: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        commands([setting])


def test_a_repository_may_not_name_commands_before_it_is_trusted(tmp_path: Path) -> None:
    (tmp_path / ".codebot.toml").write_text('test_commands = ["bash: bash {path}"]\n')
    settings = load(tmp_path, {}, {})
    assert settings.test_commands == ()
    assert "test_commands" in settings.untrusted
    assert sensitive(tmp_path) == {"test_commands": ("bash: bash {path}",)}
