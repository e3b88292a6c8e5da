"""Honest commands in the sandbox: a project's own tests run, in its own environment, and leave no trace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.errors import UsageError
from bot.verify.sandbox import Limits, find_python, open_sandbox
from tests.verify.sandbox.conftest import require_another_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.verify.sandbox import Sandbox
    from bot.verify.sandbox.place import Backend

REPOSITORY = Path(__file__).parents[3]


def test_a_projects_tests_run(sandbox: Sandbox) -> None:
    result = sandbox.run(["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"])
    assert result.ok, result
    assert b"1 passed" in result.stdout


def test_a_failing_test_is_told_by_its_status(sandbox: Sandbox) -> None:
    wrong = b"def total(prices):\n    return 0\n"
    result = sandbox.run(["python", "-m", "pytest", "-q"], files={"shop.py": wrong})
    assert (result.code, result.ended) == (1, "exit")
    assert b"assert 0 == 3" in result.stdout
    assert sandbox.run(["python", "-m", "pytest", "-q"]).ok  # and the next run has the file as it is


def test_files_come_and_go_and_are_read(sandbox: Sandbox) -> None:
    script = (
        "import os; print(sorted(os.listdir('.'))); open('new/out.txt', 'w').write(open('new/in.txt').read())"
    )
    result = sandbox.run(
        ["python", "-c", script],
        files={"new/in.txt": b"\x00text", "test_shop.py": None},
        outputs=["new/out.txt", "absent"],
    )
    assert result.ok, result
    assert b"test_shop.py" not in result.stdout
    assert result.files == {"new/out.txt": b"\x00text"}


def test_a_command_finds_its_surroundings(sandbox: Sandbox) -> None:
    script = (
        "import os, sys, tempfile, pathlib, socket\n"
        "print(sys.stdin.read() == '', pathlib.Path.home().is_dir(), os.path.isdir(tempfile.gettempdir()))\n"
        "print(os.path.basename(os.getcwd()), os.environ['SEED'])\n"
        "one, other = socket.socketpair()\n"  # event loops wake themselves so
        "one.send(b'x'), other.recv(1)\n"
    )
    result = sandbox.run(["python", "-c", script], env={"SEED": "7"}, cwd="")
    assert result.stdout.splitlines() == [b"True True True", b"project 7"], result


def test_a_server_of_its_own(sandbox: Sandbox) -> None:
    """Where the network is a namespace of its own, tests may serve to themselves."""
    script = (
        "import socket; server = socket.create_server(('127.0.0.1', 0)); "
        "socket.create_connection(server.getsockname()).close(); print('served')"
    )
    result = sandbox.run(["python", "-c", script])
    if sandbox.backend.name == "bubblewrap":
        assert result.stdout == b"served\n", result
    else:
        assert b"Address family not supported" in result.stderr


def test_a_command_that_is_not_there(sandbox: Sandbox) -> None:
    result = sandbox.run(["no-such-tool"])
    assert (result.code, result.ended) == (127, "exit")
    assert result.stderr == b"no-such-tool: No such file or directory\n"


def test_what_is_kept_is_there_for_later_runs(sandbox: Sandbox, root: Path) -> None:
    sandbox.run(["python", "-c", "open('built.py', 'w').write('VALUE = 1')"], keep=True)
    assert sandbox.run(["python", "-c", "import built; print(built.VALUE)"]).stdout == b"1\n"
    assert not (root / "built.py").exists()


def test_runs_at_once_do_not_see_each_other(sandbox: Sandbox) -> None:
    script = (
        "import os, sys, time; open(sys.argv[1], 'w').close(); time.sleep(0.2); "
        "print(*(name for name in sorted(os.listdir('.')) if name.startswith('own')), open('in').read())"
    )

    def one(number: int) -> bytes:
        files = {"in": str(number).encode()}
        return sandbox.run(["python", "-c", script, f"own{number}"], files=files).stdout

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(8))) == [f"own{n} {n}\n".encode() for n in range(8)]


@pytest.mark.usefixtures("home")
def test_without_isolation_it_runs_over_a_copy(root: Path) -> None:
    (root / "test_shop.py").write_text(
        "import shop\n\ndef test_it():\n    open('left.txt', 'w').write('x')\n"
    )
    with open_sandbox(root, isolated=False) as plain:
        assert not plain.isolated
        result = plain.run(["python", "-m", "pytest", "-q"])
        assert result.ok, result
        assert plain.run(["python", "-c", "while True: pass"], limits=Limits(seconds=1)).ended == "timeout"
    assert not (root / "left.txt").exists()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a virtual environment that sees this one's packages, as a stand-in for installing them anew."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, symlinks=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    (packages / "here.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_an_editable_install_outside_the_repository(
    root: Path, environment: Path, tmp_path: Path, backend: Backend
) -> None:
    """A monorepo's sibling is seen, read-only, through the environment that links to it."""
    sibling = tmp_path / "sibling" / "src"
    (sibling / "taxes").mkdir(parents=True)
    (sibling / "taxes" / "__init__.py").write_text("RATE = 0.2\n")
    packages = next(environment.glob("lib/python*/site-packages"))
    (packages / "sibling.pth").write_text(f"{sibling}\n")
    python = find_python(root, environ={"VIRTUAL_ENV": str(environment), "HOME": str(tmp_path / "home")})
    assert python.prefix == environment
    with open_sandbox(root, python=python, backend=backend) as sandbox:
        result = sandbox.run(
            [
                "python",
                "-c",
                "import sys, taxes, pytest; print(taxes.RATE, sys.prefix); open(taxes.__file__, 'a')",
            ]
        )
    assert result.stdout.decode() == f"0.2 {environment}\n"
    assert b"Read-only" in result.stderr or b"Permission denied" in result.stderr


def test_a_source_layout_with_its_environment_inside(root: Path, environment: Path, backend: Backend) -> None:
    (root / "src" / "pkg").mkdir(parents=True)
    (root / "src" / "pkg" / "__init__.py").write_text("NAME = 'pkg'\n")
    os.rename(environment, root / ".venv")
    try:
        packages = next((root / ".venv").glob("lib/python*/site-packages"))
        (packages / "project.pth").write_text(f"{root / 'src'}\n")
        python = find_python(root, environ={})
        assert python.why == ".venv in the repository"
        with open_sandbox(root, python=python, backend=backend) as sandbox:
            assert sandbox.run(["python", "-c", "import pkg; print(pkg.NAME)"]).stdout == b"pkg\n"
    finally:
        os.rename(root / ".venv", environment)


def test_the_order_of_interpreters(root: Path, environment: Path, tmp_path: Path) -> None:
    active = {"VIRTUAL_ENV": str(environment)}
    assert find_python(root, environ=active).prefix == environment
    configured = find_python(root, configured=Path(sys.prefix), environ=active)
    assert configured.prefix == Path(sys.prefix)
    assert configured.version == sys.version_info[:2]
    versions = tmp_path / "pyenv" / "versions"
    versions.mkdir(parents=True)
    (versions / "3.99.1").symlink_to(environment)
    (root / ".python-version").write_text("3.99.1\n")
    assert ".python-version" in find_python(root, environ={"PYENV_ROOT": str(tmp_path / "pyenv")}).why
    with pytest.raises(UsageError, match="is no Python interpreter"):
        find_python(root, configured=root)


def test_an_environment_cannot_show_what_is_private(root: Path, environment: Path, home: Path) -> None:
    """A repository can bring its own environment along, and name in it what it likes."""
    packages = next(environment.glob("lib/python*/site-packages"))
    private = packages / "private.pth"
    private.write_text(f"{home / '.ssh'}\n{home}\n/\n")
    try:
        python = find_python(root, environ={"VIRTUAL_ENV": str(environment), "HOME": str(home)})
    finally:
        private.unlink()
    assert not any(home.is_relative_to(each) or each.is_relative_to(home) for each in python.visible)


def test_a_home_folder_is_no_repository(home: Path, backend: Backend) -> None:
    with (
        pytest.raises(UsageError, match="holds your home folder"),
        open_sandbox(home, python=find_python(home), backend=backend),
    ):
        pass


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """Return a folder that other users can read, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # noqa: S103 - the point of it
        yield Path(name)


@pytest.mark.usefixtures("linux")
def test_an_ordinary_user_is_held_as_root_is(root: Path, everybodys: Path, backend: Backend) -> None:
    """Everything works without privileges; the number of processes is limited then too."""
    python = require_another_user()
    root = shutil.copytree(root, everybodys / "project")
    for path in (root, *root.rglob("*")):
        os.chown(path, 65534, 65534)
    script = f"""
import sys
sys.path[:0] = [{str(REPOSITORY)!r}, *{[p for p in sys.path if p.endswith("site-packages")]!r}]
from pathlib import Path
from bot.verify.sandbox import *
from bot.verify.sandbox.bubble import Bubblewrap
from bot.verify.sandbox.landlock import Landlock
python = find_python(Path({str(root)!r}), configured=Path({python!r}))
limits = Limits(seconds=10, processes=30)
backend = {backend!r}
assert backend.support().works, "no sandbox works: " + backend.support().detail
with open_sandbox(Path({str(root)!r}), python=python, limits=limits, backend=backend) as sandbox:
    bomb = '''
import os, time
made = 0
try:
    for _ in range(100):
        if not os.fork():
            time.sleep(60)
        made += 1
except OSError:
    pass
try:
    os.listdir("/root")
    print("escaped")
except OSError:
    print("made", made, os.getuid())
private = os.listdir(".git") if os.path.exists(".git") else []
print("private", private, flush=True)
open("shop.py", "w").write("")
os.kill(-1, 9)
'''
    print(sandbox.run(["python", "-c", bomb]))
"""
    ran = subprocess.run(
        [python, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        user=65534,
        group=65534,
        extra_groups=[],
        env={"HOME": "/nonexistent", "PATH": os.environ["PATH"]},
        cwd="/",
    )
    if "no sandbox works" in ran.stderr:
        pytest.skip(ran.stderr.splitlines()[-1])
    made = re.search("made ([0-9]+)", ran.stdout)
    assert made is not None, (ran.stdout, ran.stderr)
    assert 20 < int(made[1]) < 30
    assert "private []" in ran.stdout
    assert "escaped" not in ran.stdout
    assert (root / "shop.py").read_text() != ""
