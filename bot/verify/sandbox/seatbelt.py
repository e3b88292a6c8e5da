"""macOS: `sandbox-exec`, with a profile that forbids everything but what is listed.

Written after Apple's own profiles and those of projects that ship one; not run yet on any Mac.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.verify.sandbox.place import LAUNCHER, Support
from bot.verify.sandbox.plain import Copied, copied

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Seatbelt", "profile"]

_READ = ("/usr", "/bin", "/sbin", "/System", "/Library/Frameworks", "/Library/Developer", "/dev")
_READ_MORE = ("/opt/homebrew", "/private/etc/localtime", "/private/etc/hosts", "/private/var/db/timezone")


class Seatbelt:
    """The kernel's sandbox as `sandbox-exec` sets it up; limits are those of each process."""

    name = "sandbox-exec"
    isolates = True

    def support(self) -> Support:
        """Start a command in it."""
        if sys.platform != "darwin":
            return Support(self.name, works=False, detail="only on macOS")
        program = shutil.which("sandbox-exec")
        if program is None:
            return Support(self.name, works=False, detail="not found")
        argv = [program, "-p", "(version 1)(allow default)", "/usr/bin/true"]
        ran = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False)
        detail = "macOS's own; written but never run yet" if ran.returncode == 0 else ran.stderr.strip()
        return Support(self.name, works=ran.returncode == 0, detail=detail)

    @contextmanager
    def prepare(self, root: Path, visible: Sequence[Path]) -> Iterator[Copied]:
        """Copy the files once and write the profile."""
        with copied(root) as mirror:
            rules = profile([*visible, *mirror.linked, LAUNCHER.parent], writable=mirror.run)
            yield Copied(mirror, ("sandbox-exec", "-p", rules))


def profile(visible: Sequence[Path], *, writable: Path) -> str:
    """Return the profile, in the kernel's own language: no network, reads as listed, writes in one folder."""
    reads = [*_READ, *_READ_MORE, *map(str, visible), str(writable)]
    subpaths = "\n  ".join(f"(subpath {json.dumps(path)})" for path in reads)
    return f"""(version 1)
(deny default)
(allow process-fork process-exec)
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow file-read-metadata)
(allow file-read*
  (literal "/")
  {subpaths})
(allow file-write*
  (subpath {json.dumps(str(writable))})
  (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty"))
(allow file-ioctl (literal "/dev/null"))
(allow ipc-posix-sem)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(deny network*)
"""
