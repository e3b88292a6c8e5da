"""Linux without namespaces: Landlock, a keeper that answers for what no filter can judge, and a copy.

For machines where user namespaces are forbidden: containers, hardened kernels, many CI runners. Nothing is
mounted and nothing is hidden, so commands get a copy of the repository, may open what is listed here, and
every call that reaches past files is refused.
"""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.verify.sandbox.place import LAUNCHER, Start, Support
from bot.verify.sandbox.plain import copied
from bot.verify.sandbox.private import hidden, refuse_home
from bot.verify.sandbox.system import DEVICES, ETC, SYSTEM, outermost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bot.verify.sandbox.disk import Meter
    from bot.verify.sandbox.mirror import Mirror
    from bot.verify.sandbox.model import Limits

__all__ = ["Landlock"]

_OLDEST = 3  # before it, a file that may only be read can be emptied
_PROC = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")
_KEEPER = "import sys; sys.path.append({!r}); from bot.verify.confine.keeper import main; main()"
_UNHELD = (
    (
        "whether a file or process exists, its owner, size and times can be seen (not what is in it), and "
        "the machine's name"
    ),
    "sockets, /tmp, /dev/shm and /proc are refused, also to honest tests: servers, multiprocessing's locks",
)


@dataclass(frozen=True, slots=True)
class Landlock:
    """What a process can lay on itself without privileges, from Linux 6.2 on."""

    version: int | None = None  # of the kernel's interface, to be used; None: what there is
    name: str = "landlock"
    isolates: bool = True

    def support(self) -> Support:
        """Confine a command, and let it try what it must not."""
        if not sys.platform.startswith("linux"):
            return Support(self.name, works=False, detail="only on Linux")
        works, detail = _tried()
        return Support(self.name, works=works, detail=detail, unheld=_UNHELD if works else ())

    @contextmanager
    def prepare(self, root: Path, visible: Sequence[Path]) -> Iterator[LandlockPlace]:
        """Copy the repository, and list what may be opened."""
        from bot.verify.confine.calls import landlock_version  # noqa: PLC0415 - Linux's own

        refuse_home(root)
        with copied(root) as mirror:
            rules = list(_rules([*visible, *mirror.linked], mirror.run))
            yield LandlockPlace(mirror, rules, self.version or landlock_version())


@dataclass(slots=True)
class LandlockPlace:
    """A repository's copy; what commands write lies in one folder, beside it and in it."""

    mirror: Mirror
    rules: list[tuple[str, str]]
    version: int
    meter: Meter | None = None
    moved: bool = True
    in_memory: bool = False
    counts: bool = True

    @property
    def root(self) -> Path:
        """Where each run finds its copy."""
        return self.mirror.work

    @property
    def home(self) -> Path:
        """A folder beside the copy."""
        return self.mirror.run / "home"

    @contextmanager
    def start(self, limits: Limits, *, keep: bool = False) -> Iterator[Start]:
        """Write the keeper's settings and open its leash; mend afterwards what the run changed."""
        from bot.verify.sandbox.disk import Meter  # noqa: PLC0415 - Linux's own

        with ExitStack() as stack:
            stack.enter_context(self.mirror.turn(keep=keep))
            held, leash = os.pipe()
            inherited = stack.enter_context(open(held, "rb", buffering=0))
            told = stack.enter_context(open(leash, "wb", buffering=0))
            self.meter = Meter(self.mirror.run, limits.disk)
            settings = _settings(
                self.mirror.folder, self.rules, limits.processes, version=self.version, leash=held
            )
            yield Start([*_keeper(), str(settings)], LAUNCHER, (inherited,), leash=told)

    def written(self, first: int | None, tree: Collection[int]) -> int:
        """Return what was added to the folder on disk."""
        del first
        return 0 if self.meter is None else self.meter(tree)


def _settings(
    folder: Path, rules: Sequence[tuple[str, str]], processes: int, *, version: int, leash: int
) -> Path:
    """Write what the keeper is to do into a folder that commands do not see."""
    settings = {
        "rules": list(rules),
        "folder": str(folder / "run"),
        "processes": processes,
        "version": version,
        "leash": leash,
    }
    path = folder / "settings"
    path.write_bytes(marshal.dumps(settings))
    return path


def _keeper() -> list[str]:
    code = _KEEPER.format(str(Path(__file__).parents[3]))
    return [sys.executable, "-I", "-S", "-c", code]


def _rules(visible: Sequence[Path], run: Path) -> Iterator[tuple[str, str]]:
    for name in SYSTEM:
        yield "read", name
    for name in ETC:
        yield "read", f"/etc/{name}"
    for name in DEVICES:
        yield "use", f"/dev/{name}"
    for name in _PROC:
        yield "read", f"/proc/{name}"
    for path in (*outermost(visible), LAUNCHER):
        masks = list(hidden([path])) if path.is_dir() else []
        if masks:
            yield "list", str(path)
        for part in _around(path, masks):
            yield "read", str(part)
    yield "write", str(run)


def _around(path: Path, masks: Sequence[Path]) -> Iterator[Path]:
    """Yield `path`, or of it what is no mask: below a folder that may be read nothing can be closed."""
    inside = [mask for mask in masks if mask.is_relative_to(path)]
    if not inside:
        yield path
    elif path not in inside:
        for entry in sorted(path.iterdir()):
            yield from _around(entry, inside)


@cache
def _tried() -> tuple[bool, str]:
    """Return whether a command can be confined here, and what to say of it."""
    from bot.verify.confine.calls import landlock_version  # noqa: PLC0415 - Linux's own

    version = landlock_version()
    if not version:
        return False, "the kernel has no Landlock, or it is switched off or kept from this container"
    if version < _OLDEST:
        return False, (
            f"this kernel's Landlock is version {version}; before version {_OLDEST} (Linux 6.2) it cannot "
            "keep commands from emptying files that they may read"
        )
    problem = _refused(version)
    return not problem, problem or f"version {version}, for where namespaces are forbidden"


def _refused(version: int) -> str:
    """Return why a command cannot be confined; empty when it is, and none of its attempts comes through."""
    attempts = (
        'cat "$1" >/dev/null 2>&1 || printf "held "; kill -0 "$2" 2>/dev/null || printf "held "; '
        "(echo >file && chmod 600 file && touch file) && echo ready"
    )
    with tempfile.TemporaryDirectory(prefix="codebot-sandbox-") as name:
        folder = Path(os.path.realpath(name))
        (folder / "run").mkdir()
        (folder / "secret").touch()
        held, leash = os.pipe()
        settings = _settings(folder, list(_rules([], folder / "run")), 8, version=version, leash=held)
        argv = [*_keeper(), str(settings), "/bin/sh", "-c", attempts, "sh"]
        try:
            ran = subprocess.run(
                [*argv, str(folder / "secret"), str(os.getpid())],
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
                pass_fds=(held,),
                start_new_session=True,
                env={},
            )
        except (OSError, subprocess.SubprocessError) as error:
            return str(error)
        finally:
            os.close(held)
            os.close(leash)
    if ran.stdout.endswith("held held ready\n"):
        return ""
    return (ran.stderr or ran.stdout).strip()[-300:] or "what was tried inside it came through"
