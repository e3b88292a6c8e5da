"""One sandbox over a small repository, with secrets around it that attacks go for."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.verify.sandbox import Limits, Sandbox, available, open_sandbox
from bot.verify.sandbox.bubble import Bubblewrap
from bot.verify.sandbox.landlock import Landlock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.verify.sandbox.place import Backend

# CODEBOT_TEST_SANDBOX=off runs the attacks that do no lasting harm with nothing in their way.
OFF = os.environ.get("CODEBOT_TEST_SANDBOX") == "off"
SECRET = "ssh-secret-0451"  # noqa: S105 - a canary


# Landlock's third version, of Linux 6.2, knows nothing of signals and sockets: the keeper and a filter do.
BACKENDS: dict[str, Backend] = {
    "bubblewrap": Bubblewrap(),
    "landlock": Landlock(),
    "landlock 3": Landlock(version=3),
}


def require_another_user() -> str:
    """Return the system's own Python, or skip where no other user can be, or none can read these sources."""
    python = "/usr/bin/python3"
    if os.geteuid() != 0 or not os.path.exists(python):
        pytest.skip("needs root, to become somebody else, and the system's own Python")
    here = Path(__file__).resolve()
    if private := [folder for folder in here.parents if not folder.stat().st_mode & stat.S_IXOTH]:
        pytest.skip(f"needs sources that other users can read: {private[-1]} is private")
    return python


def require_sandbox() -> None:
    """Skip where this machine offers none, saying why."""
    found = [one for one in available() if one.isolates]
    if not OFF and not any(one.works for one in found):
        pytest.skip("; ".join(f"{one.name}: {one.detail}" for one in found))


@pytest.fixture(params=["off"] if OFF else list(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend | None:
    """Return each kind of sandbox in turn; skip what does not work here, saying why."""
    if OFF:
        return None
    found = BACKENDS[request.param]
    support = found.support()
    if not support.works:
        pytest.skip(f"{support.name}: {support.detail}")
    return found


@pytest.fixture
def home() -> Path:
    """Return the user's home folder, with what attacks look for in it."""
    folder = Path(os.environ["HOME"])
    (folder / ".ssh").mkdir()
    (folder / ".ssh" / "id_ed25519").write_text(SECRET)
    (folder / "notes.txt").write_text("before")
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with a module, a test and a token in its git configuration."""
    folder = tmp_path / "work" / "project"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text(f"[http]\n extraheader = {SECRET}\n")
    (folder / ".env").write_text(f"TOKEN={SECRET}\n")
    (folder / "shop.py").write_text("def total(prices):\n    return sum(prices)\n")
    (folder / "test_shop.py").write_text(
        "import shop\n\n\ndef test_total():\n    assert shop.total([1, 2]) == 3\n"
    )
    return folder


@pytest.fixture
def sandbox(root: Path, home: Path, backend: Backend | None) -> Iterator[Sandbox]:
    """Open a sandbox with limits that attacks reach within seconds."""
    assert home.is_dir()
    mib = 1024 * 1024
    limits = Limits(
        seconds=20, cpu_seconds=10, memory=256 * mib, processes=40, file_bytes=16 * mib, disk=48 * mib
    )
    with open_sandbox(root, limits=limits, isolated=not OFF, backend=backend) as opened:
        yield opened


@pytest.fixture
def harmful() -> None:
    """Skip what nobody may try without a sandbox: it would fill the disk, or kill every process there is."""
    if OFF:
        pytest.skip("would do harm")


@pytest.fixture
def linux() -> None:
    """Skip what only Linux has."""
    if not sys.platform.startswith("linux"):
        pytest.skip("about Linux")
