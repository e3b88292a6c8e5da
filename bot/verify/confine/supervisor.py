"""Answers the calls that a filter cannot judge: who is counted, who is signalled, whose file is changed.

The kernel stops a thread at such a call and asks. A new process or thread may go on while there are few
enough. Everything else is carried out here, on a file or process that was looked up and held fast first: a
"go on" would let the caller swap what its arguments point to.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct

from bot.verify.confine.calls import open_beneath
from bot.verify.confine.forbidden import ASKED, SIGNALS
from bot.verify.confine.seccomp import column
from bot.verify.confine.tree import descendants, threads

__all__ = ["Supervisor"]

_RECEIVE, _SEND, _STILL_ASKED = 0xC0502100, 0xC0182101, 0x40082102
_GO_ON = 1
_HERE = -100  # AT_FDCWD
_NO_FOLLOW, _EMPTY_PATH = 0x100, 0x1000
_LONGEST = 4096
_TIMES = 32  # bytes of two struct timespec
_LIBC = ctypes.CDLL(None, use_errno=True)
_AT = column(os.uname().machine)
_NAMES = {numbers[_AT]: name for name, numbers in {**ASKED, **SIGNALS}.items() if numbers[_AT] >= 0}
# Where in the arguments a path's folder, path, and flags are: None is the current folder, or no flags.
_PATHS = {
    "chmod": (None, 0, None),
    "fchmodat": (0, 1, None),
    "fchmodat2": (0, 1, 3),
    "chown": (None, 0, None),
    "lchown": (None, 0, None),
    "fchownat": (0, 1, 4),
    "utimensat": (0, 1, 3),
}


class Supervisor:
    """Answers for one run."""

    def __init__(self, listener: int, folder: str, most: int) -> None:
        """Answer for processes that stay below a number, and change files of one folder.

        Args:
            listener: The descriptor that questions come from.
            folder: Its real path.
            most: How many processes and threads there may be.
        """
        self.listener = listener
        self.folder = folder
        self._beneath = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        self._most = most
        self._alive = 1  # never fewer than there are

    def answer(self) -> None:
        """Take one question and answer it; none is there where its thread was killed in the meantime."""
        question = bytearray(80)
        try:
            fcntl.ioctl(self.listener, _RECEIVE, question)
        except OSError:
            return
        number, pid, _, call, _, _, *arguments = struct.unpack("=QIIiIQ6Q", question)
        value, flags = 0, 0
        try:
            name = _NAMES[call]
            if name in {"clone", "fork", "vfork"}:
                flags = _GO_ON
                self._count()
            elif name in SIGNALS:
                self._signal(name, pid, [_signed(each) for each in arguments])
            else:
                self._change(name, number, pid, arguments)
        except OSError as error:
            value, flags = -(error.errno or errno.EPERM), 0
        except Exception:  # noqa: BLE001 - whatever a hostile question brought about, the next one is answered
            value, flags = -errno.EPERM, 0
        try:
            fcntl.ioctl(self.listener, _SEND, struct.pack("=QqiI", number, 0, value, flags))
        except OSError:  # killed in the meantime
            return

    def _count(self) -> None:
        """Raise OSError where there are as many processes and threads as may be."""
        if self._alive >= self._most:
            self._alive = sum(map(threads, descendants(os.getpid()) - {os.getpid()}))
        if self._alive >= self._most:
            raise OSError(errno.EAGAIN, "too many")
        self._alive += 1

    def _signal(self, name: str, pid: int, arguments: list[int]) -> None:
        """Send a signal to processes of this run; any other one is as if it were not there."""
        ours = descendants(os.getpid()) - {os.getpid()}
        if name == "kill":
            target, number = arguments[:2]
            if target > 0:
                targets = ours & {target}
            elif target == -1:
                targets = ours - {_leader(pid)}
            else:
                group = os.getpgid(pid) if target == 0 else -target
                targets = {each for each in ours if _group(each) == group}
            if not targets:
                raise ProcessLookupError(errno.ESRCH, "not of this run")
            for each in targets:
                os.kill(each, number)
            return
        thread, number = arguments[-5:][:2] if name == "tgkill" else arguments[:2]
        process = arguments[0] if name == "tgkill" else _leader(thread)
        if process not in ours or _leader(thread) != process:
            raise ProcessLookupError(errno.ESRCH, "not of this run")
        if _LIBC.syscall(SIGNALS["tgkill"][_AT], process, thread, number):
            raise OSError(ctypes.get_errno(), name)

    def _change(self, name: str, number: int, pid: int, arguments: list[int]) -> None:
        """Set a file's mode, times or (in vain) owner, if it lies in the folder."""
        held = self._file(name, number, pid, arguments)
        try:
            path = f"/proc/self/fd/{held}"
            rest = arguments[(_PATHS[name][1] if name in _PATHS else 0) + 1 :]
            if "chmod" in name:
                os.chmod(path, rest[0] & 0o7777)
            elif "chown" in name:
                for wanted, own in ((rest[0], os.getuid()), (rest[1], os.getgid())):
                    if _signed(wanted) not in {-1, own}:
                        raise OSError(errno.EPERM, "only root may")
            else:
                times = _read(pid, rest[0], _TIMES) if rest[0] else None
                self._check(number)
                if _LIBC.utimensat(_HERE, path.encode(), times, 0):
                    raise OSError(ctypes.get_errno(), name)
        finally:
            os.close(held)

    def _file(self, name: str, number: int, pid: int, arguments: list[int]) -> int:
        """Return a descriptor of the file that is meant: it stays that file, wherever its name leads then."""
        folder, path, flags = _PATHS.get(name, (0, None, None))
        at = _HERE if folder is None else _signed(arguments[folder])
        how = arguments[flags] if flags is not None else _NO_FOLLOW if name == "lchown" else 0
        named = path is not None and arguments[path] != 0
        text = _text(pid, arguments[path]) if path is not None and named else ""
        if named and not text and not how & _EMPTY_PATH:
            raise FileNotFoundError(errno.ENOENT, "no name")
        base = f"/proc/{pid}/cwd" if at == _HERE else f"/proc/{pid}/fd/{at}"
        if not text:
            return self._opened(base, number)
        inside = self._inside(text if text.startswith("/") else f"{os.readlink(base)}/{text}")
        self._check(number)
        flags = os.O_PATH | (os.O_NOFOLLOW if how & _NO_FOLLOW else 0)
        try:
            return open_beneath(self._beneath, inside, flags)
        except OSError as error:
            raise OSError(errno.EPERM if error.errno == errno.EXDEV else error.errno, name) from error

    def _opened(self, link: str, number: int) -> int:
        """Return a descriptor of a file that a process has open, if it lies in the folder."""
        held = os.open(link, os.O_PATH | os.O_CLOEXEC)
        try:
            self._inside(os.readlink(f"/proc/self/fd/{held}"))
            self._check(number)
        except BaseException:
            os.close(held)
            raise
        return held

    def _inside(self, path: str) -> str:
        """Return a path relative to the folder; raise OSError where its words lead elsewhere."""
        if path != self.folder and not path.startswith(self.folder + "/"):
            raise OSError(errno.EPERM, "outside")
        return path[len(self.folder) :].lstrip("/") or "."

    def _check(self, number: int) -> None:
        """Raise OSError where the thread is gone: what was read may then be another's, of the same id."""
        fcntl.ioctl(self.listener, _STILL_ASKED, struct.pack("=Q", number))


def _signed(value: int) -> int:
    """Return an argument as the C int that it is."""
    return int(ctypes.c_int(value & 0xFFFFFFFF).value)


def _text(pid: int, address: int) -> str:
    return os.fsdecode(_read(pid, address, _LONGEST).partition(b"\0")[0])


def _read(pid: int, address: int, size: int) -> bytes:
    """Return a process's memory, less where the rest is not there."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.pread(memory, size, address)
    except (OSError, OverflowError) as error:
        raise OSError(errno.EFAULT, "bad address") from error
    finally:
        os.close(memory)


def _leader(thread: int) -> int:
    """Return the process that a thread belongs to; 0 where it is gone."""
    try:
        with open(f"/proc/{thread}/status", "rb") as stream:
            return next(int(line.split()[1]) for line in stream if line.startswith(b"Tgid:"))
    except (OSError, StopIteration):
        return 0


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0
