"""Starts a command that is confined for good, answers for it, and ends all that it leaves behind.

A program of its own: `python -I -S -c … SETTINGS COMMAND…`. SETTINGS is a file, written by `marshal`: "rules"
(pairs of a kind of right and a path), "folder" (what may be written), "processes" (how many at most),
"version" (of Landlock, to be used) and "leash" (a descriptor; when nothing holds its other end any more, all
is ended). Each run waits for this module's imports, so they are few and small.
"""

from __future__ import annotations

import _socket
import marshal
import os
import select
import struct
import sys
import time

from bot.verify.confine import calls, forbidden, seccomp
from bot.verify.confine.rights import attributes, rule
from bot.verify.confine.supervisor import Supervisor
from bot.verify.confine.tree import descendants

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["main"]

_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES, _ADOPT_ORPHANS = 1, 38, 36
_SIGKILL = 9
_PATIENCE = 5.0  # seconds for the kernel to bury what was killed
_LOOK = 50  # milliseconds between two looks for orphans that have ended
_CANNOT = 125


def main() -> None:
    """Do as the command line says; ends with the command's status."""
    with open(sys.argv[1], "rb") as stream:
        settings = marshal.load(stream)  # noqa: S302 - written by codebot, where no command can
    calls.prctl(_ADOPT_ORPHANS, 1)
    ours, theirs = _socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            _confine(settings, theirs)
            os.chdir(settings["folder"])
            os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the task
        except BaseException as error:  # noqa: BLE001 - nothing of this may go on unconfined
            os.write(2, f"cannot confine: {error}\n".encode())
        finally:
            os._exit(_CANNOT)
    theirs.close()
    listener = _received(ours)
    ended = os.pidfd_open(child)
    _close_all_but({0, 1, 2, ended, settings["leash"], listener})
    if listener >= 0:
        _watch(ended, Supervisor(listener, settings["folder"], settings["processes"] + 1), settings["leash"])
        os.close(listener)  # who asks from now on is refused: nothing new is started
    _end()


def _confine(settings: dict[str, Any], teller: _socket.socket) -> None:
    version = settings["version"]
    rules = [rule(kind, path, version) for kind, path in settings["rules"] if os.path.exists(path)]
    filters = [seccomp.program(), forbidden.denied()]  # the last one forbids further ones
    os.setsid()
    calls.prctl(_DIE_WITH_PARENT, _SIGKILL)
    calls.prctl(_NO_NEW_PRIVILEGES, 1)
    calls.drop_capabilities()
    listener = calls.install_filter(forbidden.questions(version), listen=True)
    teller.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("=i", listener))])
    teller.close()
    os.close(listener)
    calls.restrict(attributes(version), rules)
    for each in filters:
        if each is None:
            raise OSError(f"no filter for {os.uname().machine}")
        calls.install_filter(each)


def _received(ours: _socket.socket) -> int:
    """Return the descriptor that the child sent; -1 where it ended before."""
    _, told, _, _ = ours.recvmsg(1, _socket.CMSG_LEN(4))
    return int(struct.unpack("=i", told[0][2])[0]) if told else -1


def _close_all_but(kept: set[int]) -> None:
    """Close what is for the child alone: who reads at the other end waits until the last one is closed."""
    for descriptor in range(3, max(map(int, os.listdir("/proc/self/fd"))) + 1):
        if descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:  # was none
                continue


def _watch(ended: int, supervisor: Supervisor, leash: int) -> None:
    """Answer until the child has ended or the leash is let go."""
    poll = select.poll()
    for descriptor in (supervisor.listener, ended, leash):
        poll.register(descriptor, select.POLLIN)
    while True:
        for descriptor, events in poll.poll(_LOOK):
            if descriptor != supervisor.listener:
                return
            if events & select.POLLIN:
                supervisor.answer()
            else:  # nobody is left who could ask
                poll.unregister(descriptor)
        _bury()


def _bury() -> bool:
    """Take the status of all that has ended, orphans too; return whether there are any left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _end() -> None:
    """Kill every descendant until there is none: orphans are handed to this process."""
    limit = time.monotonic() + _PATIENCE
    while _bury() and time.monotonic() < limit:
        for pid in descendants(os.getpid()) - {os.getpid()}:
            try:
                os.kill(pid, _SIGKILL)
            except OSError:
                continue
        time.sleep(0.001)
