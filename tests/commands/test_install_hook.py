"""Hooks put in and taken out of real repositories, and real commits and pushes through them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import run
from bot.hookfile import TYPES, HookFile
from tests.commands.test_commands import SOURCE
from tests.git.conftest import Sandbox, make

SHELL = b'#!/bin/sh -e\n# mine\necho "mine: $(basename "$0") $1" >>told\ncat >>told\n'
PROGRAM = b"#!%s\nimport os, sys\nopen('told', 'a').write('mine: ' + os.path.basename(sys.argv[0]) + '\\n')\n"
CODEBOT = '#!/bin/sh\necho "codebot: $*" >>told\ncat >>told\nexit "${CODEBOT_SAYS:-0}"\n'


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox = make(tmp_path / "a repository")
    sandbox.commit(start="x = 1\n")
    monkeypatch.chdir(sandbox.root)
    return sandbox


@pytest.fixture
def program(tmp_path: Path) -> str:
    """Return a stand-in for codebot that tells how it was called; its path has a space and a quote."""
    place = tmp_path / "it's here" / "codebot"
    place.parent.mkdir()
    place.write_text(CODEBOT)
    place.chmod(0o755)
    return str(place)


def told(repo: Sandbox) -> list[str]:
    place = repo.root / "told"
    lines = place.read_text().splitlines() if place.exists() else []
    place.unlink(missing_ok=True)
    return lines


def existing(repo: Sandbox, raw: bytes, name: str = "pre-commit", mode: int = 0o755) -> Path:
    place = repo.root / ".git/hooks" / name
    place.write_bytes(raw)
    place.chmod(mode)
    return place


def snapshot(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Return every file and link under a folder: mode, and contents or where it leads."""
    return {
        str(each.relative_to(folder)): (
            each.lstat().st_mode,
            os.readlink(each) if each.is_symlink() else each.read_bytes(),
        )
        for each in folder.rglob("*")
        if each.is_symlink() or each.is_file()
    }


def hooks(repo: Sandbox) -> Path:
    return repo.root / ".git/hooks"


def change(repo: Sandbox, text: str) -> None:
    repo.write("start.py", text)
    repo.git("commit", "-aqm", "a change")


def test_a_commit_with_the_hook_shows_suggestions_and_goes_through(repo: Sandbox) -> None:
    """The real thing once: the embedded model, git's own call, and what was there afterwards."""
    before = snapshot(hooks(repo))
    assert run(["install-hook"]) == 0
    repo.write("a.py", SOURCE)
    repo.git("add", "a.py")
    done = subprocess.run(
        ["git", "commit", "-m", "more"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "CODEBOT_CONFIDENCE": "off", "CODEBOT_DEADLINE": "300"},
    )
    assert "codebot apply --all" in done.stderr, done
    assert run(["apply", "--all"]) == 0
    assert '"""' in repo.git("show", ":a.py")
    assert run(["uninstall-hook"]) == 0
    assert snapshot(hooks(repo)) == before


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(
    ("raw", "mode"),
    [
        (None, 0),
        (SHELL, 0o755),
        (b'echo mine: $(basename "$0") >>told', 0o700),
        (b'#!/usr/bin/env bash\necho mine: $(basename "$0") >>told\nexec cat >>told\n', 0o755),
        (PROGRAM % sys.executable.encode(), 0o755),
        (b"#!/bin/sh", 0o755),
    ],
    ids=["none", "sh -e", "no first line", "bash", "python", "only a first line"],
)
def test_what_was_there_still_runs_and_comes_back_byte_for_byte(
    repo: Sandbox, program: str, type_: str, raw: bytes | None, mode: int
) -> None:
    if raw is not None:
        existing(repo, raw, type_, mode)
    before = snapshot(hooks(repo))
    file = HookFile(hooks(repo), type_)
    file.install(program, ["--block"])
    installed = snapshot(hooks(repo))
    assert "already" in file.install(program, ["--block"])
    assert snapshot(hooks(repo)) == installed, "twice is once"
    # by a shell, which like git takes a file without a first line for a script
    call = ["sh", "-c", '"$0" "$@"', str(hooks(repo) / type_), "origin", "url"]
    done = subprocess.run(call, input="refs a b c\n", text=True, check=True, capture_output=True)
    assert done.stderr == ""
    repo.write("start.py", "x = 2\n")
    repo.git("add", "start.py")
    subprocess.run(call, input="refs a b c\n", text=True, check=True)
    lines = told(repo)
    arguments = {"pre-commit": "", "commit-msg": " origin", "pre-push": " origin"}[type_]
    assert f"codebot: hook {type_} --block{arguments}" in lines
    if raw is not None and b"mine" in raw:
        assert any(line.startswith(f"mine: {type_}") for line in lines), "with the name it had"
    if raw == SHELL:
        assert lines.count("refs a b c") >= 2, "what git says on standard input reaches it too"
    file.uninstall()
    assert snapshot(hooks(repo)) == before
    assert file.uninstall() is None


def test_a_hook_that_codebot_stops_does_not_run(repo: Sandbox, program: str) -> None:
    existing(repo, SHELL)
    HookFile(hooks(repo), "pre-commit").install(program, ["--block"])
    repo.write("start.py", "x = 2\n")
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("commit", "-aqm", "a change", CODEBOT_SAYS="1")
    assert told(repo) == ["codebot: hook pre-commit --block"]


@pytest.mark.parametrize("code", ["1", "4", "126", "127"])
@pytest.mark.parametrize("type_", TYPES)
def test_a_broken_codebot_stops_nobody_who_did_not_ask_for_that(
    repo: Sandbox, program: str, type_: str, code: str
) -> None:
    HookFile(hooks(repo), type_).install(program)
    repo.write("start.py", "x = 2\n")
    repo.git("add", "start.py")
    call = [str(hooks(repo) / type_), "origin", "url"]
    subprocess.run(call, input="a b c d\n", text=True, check=True, env={**os.environ, "CODEBOT_SAYS": code})
    assert told(repo)


def test_with_nothing_staged_codebot_is_not_even_started(repo: Sandbox, program: str) -> None:
    HookFile(hooks(repo), "pre-commit").install(program)
    repo.git("commit", "-q", "--allow-empty", "-m", "nothing")
    repo.git("rm", "-q", "start.py")
    repo.git("commit", "-qm", "only a deletion")
    assert told(repo) == []
    repo.commit(first="x = 1\n")
    assert told(repo) == ["codebot: hook pre-commit"]


def test_without_codebot_git_goes_on_with_a_line(repo: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    HookFile(hooks(repo), "pre-commit").install("/nowhere/codebot")
    git = Path(subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip())
    monkeypatch.setenv("PATH", f"{git.parent}:/bin")
    repo.write("start.py", "x = 2\n")
    done = subprocess.run([git, "commit", "-aqm", "more"], check=True, capture_output=True, text=True)
    assert "codebot: not found" in done.stderr


def test_a_link_is_kept_as_a_link(repo: Sandbox, program: str) -> None:
    repo.write("scripts/hook.sh", SHELL)
    (repo.root / "scripts/hook.sh").chmod(0o755)
    (hooks(repo) / "pre-commit").symlink_to("../../scripts/hook.sh")
    before = snapshot(hooks(repo))
    file = HookFile(hooks(repo), "pre-commit")
    file.install(program)
    assert (repo.root / "scripts/hook.sh").read_bytes() == SHELL, "what it leads to is the user's file"
    change(repo, "x = 2\n")
    assert [line.split(":")[0] for line in told(repo)] == ["codebot", "mine"]
    file.uninstall()
    assert snapshot(hooks(repo)) == before


def test_a_hook_that_was_switched_off_stays_off(repo: Sandbox, program: str) -> None:
    existing(repo, SHELL, mode=0o644)
    before = snapshot(hooks(repo))
    file = HookFile(hooks(repo), "pre-commit")
    file.install(program)
    change(repo, "x = 2\n")
    assert told(repo) == ["codebot: hook pre-commit"]
    file.uninstall()
    assert snapshot(hooks(repo)) == before


def test_edits_made_to_the_hook_meanwhile_survive(repo: Sandbox, program: str) -> None:
    place = existing(repo, SHELL)
    file = HookFile(hooks(repo), "pre-commit")
    file.install(program)
    place.write_bytes(place.read_bytes() + b"echo later\n")
    file.uninstall()
    assert place.read_bytes() == SHELL + b"echo later\n"


def test_other_options_take_the_place_of_the_old_ones(repo: Sandbox) -> None:
    assert run(["install-hook", "--block"]) == 0
    assert run(["install-hook", "--deadline", "5"]) == 0
    text = (hooks(repo) / "pre-commit").read_text()
    assert "hook pre-commit --deadline=5 </dev/null" in text
    assert text.count(">>> codebot") == 1


@pytest.mark.parametrize("path", ["my hooks", ".githooks"])
def test_core_hookspath_is_where_the_hook_goes(
    repo: Sandbox, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    """In the working tree, where others get it too, it looks for codebot on their PATH."""
    repo.git("config", "core.hooksPath", path)
    assert run(["install-hook", "--type", "pre-commit", "--type", "pre-push"]) == 0
    assert "part of the repository" in capsys.readouterr().out
    assert "codebot=codebot\n" in (repo.root / path / "pre-commit").read_text()
    assert not (hooks(repo) / "pre-commit").exists()
    assert run(["uninstall-hook", "--type", "pre-push"]) == 0
    assert [each.name for each in (repo.root / path).iterdir()] == ["pre-commit"]


@pytest.mark.usefixtures("repo")
def test_hooks_shared_by_all_repositories_are_asked_for_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = tmp_path / "gitconfig"
    configuration.write_text(f'[core]\n\thooksPath = "{tmp_path}/shared hooks"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    assert run(["install-hook"]) == 2
    assert "all your repositories" in capsys.readouterr().err
    assert not (tmp_path / "shared hooks").exists()
    assert run(["install-hook", "--everywhere"]) == 0
    assert (tmp_path / "shared hooks/pre-commit").exists()


def test_hooks_that_are_switched_off_are_not_switched_on(repo: Sandbox) -> None:
    repo.git("config", "core.hooksPath", os.devnull)
    assert run(["install-hook"]) == 2


def test_husky_keeps_its_folder_and_calls_the_hook(repo: Sandbox, program: str) -> None:
    """Husky points git at .husky/_, which it writes anew; its users' hooks are the files beside that."""
    repo.write(".husky/_/pre-commit", '#!/usr/bin/env sh\n. "$(dirname -- "$0")/h"\n')
    repo.write(
        ".husky/_/h", 's="$(dirname "$(dirname "$0")")/$(basename "$0")"\n[ -f "$s" ] && sh -e "$s" "$@"\n'
    )
    (repo.root / ".husky/_/pre-commit").chmod(0o755)
    repo.write(".husky/pre-commit", "echo mine >>told\n")
    repo.git("config", "core.hooksPath", ".husky/_")
    before = snapshot(repo.root / ".husky")
    assert run(["install-hook"]) == 0
    changed = {name for name, held in snapshot(repo.root / ".husky").items() if before.get(name) != held}
    assert changed == {"pre-commit"}
    repo.write("start.py", "x = 2\n")
    repo.git("commit", "-aqm", "a change", PATH=f"{Path(program).parent}:{os.environ['PATH']}")
    assert told(repo) == ["codebot: hook pre-commit", "mine"]
    assert run(["uninstall-hook"]) == 0
    assert snapshot(repo.root / ".husky") == before


def test_worktrees_share_the_hook_and_submodules_have_their_own(
    repo: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("worktree", "add", "-q", str(tmp_path / "tree two"), "-b", "two")
    other = make(tmp_path / "other")
    other.commit(x="x = 1\n")
    repo.git("submodule", "add", "-q", str(other.root), "sub")
    repo.git("commit", "-qm", "a submodule")
    monkeypatch.chdir(tmp_path / "tree two")
    assert run(["install-hook"]) == 0
    assert (hooks(repo) / "pre-commit").exists()
    monkeypatch.chdir(repo.root / "sub")
    assert run(["install-hook", "--type", "pre-push"]) == 0
    assert (repo.root / ".git/modules/sub/hooks/pre-push").exists()
    assert not (hooks(repo) / "pre-push").exists()


def test_pre_commit_installed_later_calls_it_and_uninstalling_finds_it(repo: Sandbox, program: str) -> None:
    """`pre-commit install` moves a hook that it finds to pre-commit.legacy, and runs it from there."""
    file = HookFile(hooks(repo), "pre-commit")
    file.install(program)
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], check=True, capture_output=True)
    repo.git("add", "-A")
    change(repo, "x = 2\n")
    assert "codebot: hook pre-commit" in told(repo)
    assert file.uninstall() == "is removed"
    assert not (hooks(repo) / "pre-commit.legacy").exists()


def test_where_pre_commit_is_installed_it_goes_on_to_run(repo: Sandbox, program: str) -> None:
    local = (
        "repos: [{repo: local, hooks: [{id: x, name: x, language: system, always_run: true, "
        "pass_filenames: false, entry: sh -c 'echo pre-commit >>told'}]}]\n"
    )
    repo.write(".pre-commit-config.yaml", local)
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], check=True, capture_output=True)
    before = snapshot(hooks(repo))
    file = HookFile(hooks(repo), "pre-commit")
    file.install(program)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "a change")
    assert told(repo) == ["codebot: hook pre-commit", "pre-commit"]
    file.uninstall()
    assert snapshot(hooks(repo)) == before


def test_the_installed_package_has_the_scripts() -> None:
    """What the wheel carries is what this folder holds, executable as git wants it."""
    root = Path(__file__).parents[2]
    assert '"hooks" = "bot/hooks"' in (root / "pyproject.toml").read_text()
    for each in TYPES:
        assert os.access(root / "hooks" / each, os.X_OK)
