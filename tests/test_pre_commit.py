"""The hooks as pre-commit runs them: real pre-commit, real git, and once a real installation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from identify import identify

from bot.languages import LANGUAGES
from tests.commands.test_hook import ANSWER, SOURCE, Api
from tests.git.conftest import Sandbox, make

if TYPE_CHECKING:
    from collections.abc import Iterator

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[1]
MANIFEST: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
CODEBOT = Path(sysconfig.get_path("scripts"), "codebot")


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Api() as server:
        server.go.set()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "pre-commit home"))
    monkeypatch.setenv("CODEBOT_DEADLINE", "300")  # a busy machine is not what is tested here
    sandbox = make(tmp_path / "a repository")
    sandbox.commit(start="x = 1\n")
    return sandbox


def pre_commit(repo: Sandbox, *argv: str, check: int = 0, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", *argv],
        cwd=repo.root,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout


def commit(repo: Sandbox, *argv: str, check: int = 0, **environ: str) -> str:
    """Commit what is staged, as people do, and return what they see."""
    done = subprocess.run(
        ["git", "commit", "-m", "a change", *argv],
        cwd=repo.root,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == check, done.stdout + done.stderr
    return done.stdout + done.stderr


def install(repo: Sandbox, api: Api | str, *ids: str) -> None:
    """Set up hooks of the manifest, with the codebot that is being tested, not a new installation."""
    url = api if isinstance(api, str) else api.url
    hooks = []
    for row in MANIFEST:
        if row["id"] in ids:
            own = {k: v for k, v in row.items() if k not in {"language", "minimum_pre_commit_version"}}
            entry = row["entry"].replace("codebot", f"'{CODEBOT}'", 1)
            asked = ["--engine", url, "--confidence", "off"]
            hooks.append({**own, "entry": entry, "language": "system", "args": asked})
    configuration = {"repos": [{"repo": "local", "hooks": hooks}]}
    repo.write(".pre-commit-config.yaml", yaml.safe_dump(configuration))
    repo.git("add", ".pre-commit-config.yaml")
    repo.git("commit", "-qm", "set up hooks")
    for stage in ("pre-commit", "pre-push", "commit-msg"):
        pre_commit(repo, "install", "--hook-type", stage)


def stage(repo: Sandbox, name: str = "a.py", text: str = SOURCE) -> None:
    repo.write(name, text)
    repo.git("add", "--", name)


def test_the_manifest_is_valid_and_names_every_language() -> None:
    subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml"], check=True
    )
    tags = set(MANIFEST[0]["types_or"])
    assert tags <= identify.ALL_TAGS
    for row in LANGUAGES.values():
        found = [identify.tags_from_filename("a" + extension) & tags for extension in row.extensions]
        assert any(found), f"no file of {row.name} reaches the hook"


def test_a_commit_shows_suggestions_which_one_command_takes(repo: Sandbox, api: Api) -> None:
    """Partial staging and all: pre-commit puts unstaged edits aside and back, and codebot leaves them be."""
    install(repo, api, "codebot")
    stage(repo, "notes.md", "words\n")
    assert "no files to check" in commit(repo)
    stage(repo, "folder name/a.py", SOURCE.replace("\n", "\r\n"))
    repo.write("folder name/a.py", SOURCE.replace("\n", "\r\n") + "x = 1  # not staged\r\n")
    shown = commit(repo)
    assert ANSWER in shown
    assert "codebot apply --all" in shown
    assert "not staged" in repo.git("diff")
    subprocess.run([CODEBOT, "apply", "--all"], cwd=repo.root, check=True, capture_output=True)
    assert ANSWER in repo.git("diff", "--cached")
    assert "not staged" not in repo.git("diff", "--cached")
    left = [line for line in repo.git("diff", "-U0").splitlines() if line.startswith("+")]
    assert left[1:] == ["+x = 1  # not staged"]
    assert b"# not staged\r\n" in (repo.root / "folder name/a.py").read_bytes()
    commit(repo, "--amend")
    assert ANSWER in repo.git("show", "HEAD:folder name/a.py")


def test_check_stops_the_commit_and_can_be_skipped(repo: Sandbox, api: Api) -> None:
    install(repo, api, "codebot-check")
    stage(repo)
    assert ANSWER in commit(repo, check=1)
    commit(repo, SKIP="codebot-check")


def test_fix_writes_stops_and_then_lets_through(repo: Sandbox, api: Api) -> None:
    install(repo, api, "codebot-fix")
    stage(repo)
    assert "files were modified by this hook" in commit(repo, check=1)
    assert ANSWER in (repo.root / "a.py").read_text()
    assert ANSWER not in repo.git("show", ":a.py")
    repo.git("add", "a.py")
    commit(repo)


def test_an_engine_that_is_down_is_told_and_lets_the_commit_through(repo: Sandbox) -> None:
    install(repo, "openai+http://127.0.0.1:1/v1?model=m&family=starcoder", "codebot", "codebot-check")
    stage(repo)
    assert commit(repo).count("no suggestions this time") == 2


def test_a_merge_is_left_alone(repo: Sandbox, api: Api) -> None:
    repo.git("checkout", "-q", "-b", "side")
    repo.commit(start="x = 2\n")
    repo.git("checkout", "-q", "main")
    repo.commit(start="x = 3\n")
    install(repo, api, "codebot-check")
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "side")
    stage(repo, "start.py", SOURCE)
    assert "a merge is in progress" in commit(repo)


def test_pushes_and_messages_have_their_own(repo: Sandbox, api: Api, tmp_path: Path) -> None:
    install(repo, api, "codebot-pre-push", "codebot-commit-msg")
    other = tmp_path / "other side"
    repo.git("init", "-q", "--bare", str(other))
    repo.git("remote", "add", "origin", str(other))
    repo.git("push", "-q", "origin", "main")
    stage(repo)
    assert ANSWER not in commit(repo, "--fixup", "HEAD")
    repo.git("reset", "-q", "--soft", "HEAD~1")
    assert ANSWER in commit(repo)
    pushed = subprocess.run(
        ["git", "push", "origin", "main"], cwd=repo.root, check=True, capture_output=True, text=True
    )
    assert ANSWER in pushed.stderr + pushed.stdout


def test_all_files_can_be_looked_at(repo: Sandbox, api: Api) -> None:
    install(repo, api, "codebot")
    stage(repo)
    stage(repo, "b.py", SOURCE.replace("scaled", "grown"))
    commit(repo, "--no-verify")
    shown = pre_commit(repo, "run", "codebot", "--all-files")
    assert "3 suggestions" in shown, "two functions and a module"


def test_pre_commit_installs_codebot_and_runs_it(repo: Sandbox, tmp_path: Path) -> None:
    """As a stranger does: `try-repo` clones, builds and installs, and the packaged model answers.

    What codebot depends on comes from this environment, so that nothing is downloaded.
    """
    source = make(tmp_path / "codebot")
    for name in subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0"):
        if name and not name.startswith(("tests/", ".github/")) and (ROOT / name).is_file():
            (source.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source.root / name)
    source.commit()
    stage(repo, text=SOURCE + "\n\n" + SOURCE.replace("scaled", "grown").replace("*", "+"))
    shown = pre_commit(
        repo,
        *("try-repo", str(source.root), "codebot", "--files", "a.py"),
        PYTHONPATH=sysconfig.get_path("purelib"),
        PIP_NO_DEPS="1",
        PIP_NO_INDEX="1",
        PIP_NO_BUILD_ISOLATION="0",
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        CODEBOT_CONFIDENCE="off",
    )
    assert "codebot apply" in shown
