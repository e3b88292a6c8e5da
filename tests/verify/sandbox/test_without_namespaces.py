"""codebot where user namespaces are forbidden, as in a container: from the command line to a proven test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.verify.sandbox.landlock import Landlock
from tests.verify.sandbox.conftest import require_another_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Codebot = Callable[..., subprocess.CompletedProcess[str]]

REPOSITORY = Path(__file__).parents[3]
NOBODY = 65534
# The filter of the sandbox itself does to codebot what a container's does: no new namespaces, no mounts.
CONTAINED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from bot.verify.confine import calls, seccomp
calls.prctl(38, 1)  # no_new_privs
calls.drop_capabilities()
calls.install_filter(seccomp.program())
try:
    os.write(2, b"namespaces work" if os.system("unshare --user true 2>/dev/null") == 0 else b"")
finally:
    os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.fixture
def shared() -> Iterator[Path]:
    """Return a folder that other users can work in, as pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)  # noqa: S103 - the point of it
        yield Path(name)


@pytest.fixture(params=["as it is", "nobody"])
def codebot(request: pytest.FixtureRequest, shared: Path) -> Codebot:
    """Return what runs codebot without namespaces and privileges, over a folder with one function."""
    support = Landlock().support()
    if not support.works:
        pytest.skip(support.detail)
    python, user = sys.executable, None
    if request.param == "nobody":
        python, user = _everybodys_python(shared), NOBODY
    project, temporary = shared / "project", shared / "tmp"
    for folder in (project, temporary, shared / "home"):
        folder.mkdir()
    (project / "limits.py").write_text(
        "def clamp(value: int, low: int, high: int) -> int:\n"
        "    if value < low:\n        return low\n    return min(value, high)\n"
    )
    (project / ".env").write_text("TOKEN=secret-0451\n")
    if user is not None:
        for path in (project, temporary, shared / "home", *project.iterdir()):
            os.chown(path, user, user)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-c", CONTAINED, str(REPOSITORY), python, "-m", "bot", *arguments],
            cwd=project,
            env={
                **{name: value for name, value in os.environ.items() if name.startswith("PATH")},
                "HOME": str(shared / "home"),
                "TMPDIR": str(temporary),
            },
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def _everybodys_python(shared: Path) -> str:
    """Make a virtual environment that any user can run, with the packages that this one has."""
    told = "import sys; print(sys.version_info[:2] == {!r})"
    system = require_another_user()
    ran = subprocess.run(
        [system, "-c", told.format(tuple(sys.version_info[:2]))],
        capture_output=True,
        text=True,
        check=True,
    )
    if ran.stdout != "True\n":
        pytest.skip("the system's Python is of another version than the packages here")
    folder = shared / "venv"
    subprocess.run([system, "-m", "venv", "--without-pip", folder], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "here.pth").write_text(f"{REPOSITORY}\n{sysconfig.get_path('purelib')}\n")
    return str(folder / "bin" / "python")


def test_doctor_names_the_sandbox_and_what_it_does_not_hold(codebot: Codebot) -> None:
    told = codebot("doctor").stdout
    assert "sandbox: landlock version" in told
    assert "not held: whether a file or process exists" in told
    assert "bubblewrap: " in told  # and why not that


def test_tests_are_proven(codebot: Codebot, shared: Path) -> None:
    before = sorted(os.listdir(shared / "project"))
    ran = codebot("annotate", "--tasks", "tests", "--format", "json", ".")
    assert "namespaces work" not in ran.stderr
    told = json.loads(ran.stdout)
    assert told["ledger"]["verified"] == 1, ran
    assert {one["path"] for one in told["suggestions"]} == {"tests/test_limits.py"}
    assert "clamp(" in told["suggestions"][0]["replacement"]
    assert sorted(os.listdir(shared / "project")) == before
    assert os.listdir(shared / "tmp") == []  # the copies are gone
