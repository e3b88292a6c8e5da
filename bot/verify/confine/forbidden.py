"""What namespaces would have kept apart, refused call by call; and the calls that the keeper is asked about.

Landlock keeps files, traces and (since its version 6) signals apart. It says nothing of modes, owners and
times of files, of what is shared between all processes of a user, nor of sockets: those are here. The second
filter lies over the first one in `seccomp`; of two answers the kernel takes the stricter.
"""

from __future__ import annotations

import errno
import os

from bot.verify.confine.rights import SIGNALS_SINCE
from bot.verify.confine.seccomp import ALLOW, EPERM, EQUAL, ERRNO, LOAD, RETURN, argument, column, step

__all__ = ["ASKED", "SIGNALS", "denied", "questions"]

_AND = 0x54
_ASK = 0x7FC00000  # SECCOMP_RET_USER_NOTIF
_NUMBER = 0


def _numbers(text: str) -> dict[str, tuple[int, int]]:
    """Read rows of a call's name and its numbers on x86-64 and on arm64; -1 where a machine has none."""
    rows = (row.split() for row in text.split(","))
    return {name: (int(first), int(second)) for name, first, second in rows}


# A pair of sockets is all there is. A path in the file system is no right of Landlock's to connect to; and
# messages can carry descriptors, and with them files that nobody can count.
_SOCKETS = _numbers("""socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202,
    accept4 288 242, sendmsg 46 211, sendmmsg 307 269""")
# System V's and POSIX's memory, messages and semaphores are shared by all processes of a user.
_SHARED = _numbers("""shmat 30 196, shmctl 31 195, msgsnd 69 189, msgrcv 70 188, msgctl 71 187,
    semget 64 190, semop 65 193, semctl 66 191, semtimedop 220 192, mq_open 240 180, mq_unlink 241 181""")
# What a process may do to another of the same user without tracing it.
_PROCESSES = _numbers("""sched_setparam 142 118, sched_setscheduler 144 119, sched_setattr 314 274,
    ioprio_set 251 30, migrate_pages 256 238, move_pages 279 239, process_madvise 440 440,
    process_mrelease 448 448, pidfd_send_signal 424 424, rt_sigqueueinfo 129 138,
    rt_tgsigqueueinfo 297 240""")
# Attributes of files outside; and watching a folder tells the names in it.
_FILES = _numbers("""utime 132 -1, utimes 235 -1, futimesat 261 -1, file_setattr 469 469, quotactl_fd 443 443,
    inotify_init 253 -1, inotify_init1 294 26""")
_ATTRIBUTES = _numbers("""setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7, setxattrat 463 463,
    removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, removexattrat 466 466""")
_FILTERS = _numbers("seccomp 317 277")  # one laid over these could answer in the keeper's place
_REFUSED = (
    (_SOCKETS, errno.EAFNOSUPPORT),
    (_SHARED, errno.EPERM),
    (_PROCESSES, errno.EPERM),
    (_FILES, errno.EPERM),
    (_ATTRIBUTES, errno.ENOTSUP),  # as a file system without them says it: copying does without
    (_FILTERS, errno.EPERM),
)
ASKED = _numbers("""fork 57 -1, vfork 58 -1, clone 56 220, chmod 90 -1, fchmod 91 52, fchmodat 268 53,
    fchmodat2 452 452, chown 92 -1, fchown 93 55, lchown 94 -1, fchownat 260 54, utimensat 280 88""")
SIGNALS = _numbers("kill 62 129, tkill 200 130, tgkill 234 131")  # before Landlock's version 6

_SOCKETPAIR = (53, 199)
_IOCTL, _FCNTL, _FALLOCATE = (16, 29), (72, 25), (285, 47)
_PRLIMIT, _SETPRIORITY, _SETAFFINITY = (302, 261), (141, 140), (203, 122)
_AF_UNIX, _CONNECTED = 1, (1, 5)  # stream and seqpacket: a datagram names its receiver each time
_IOCTLS = (
    *(0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451),  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIO(N)CLEX
    *(0x80086601, 0xC020660B, 0x40049409, 0x4020940D),  # FS_IOC_GETFLAGS, FIEMAP, FICLONE, FICLONERANGE
)
_FCNTLS = (8, 10, 15, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX send signals; F_NOTIFY watches folders


def denied(machine: str | None = None) -> bytes:
    """Return the filter of what is refused, for this machine or `machine`."""
    at = column(machine or os.uname().machine)
    allow, refuse = step(RETURN, ALLOW), step(RETURN, ERRNO | EPERM)

    def only(number: int, values: tuple[int, ...], code: int) -> bytes:
        tests = [step(EQUAL, value, skip=(0, 1)) + allow for value in values]
        return b"".join([step(LOAD, argument(number)), *tests, step(RETURN, ERRNO | code)])

    blocks = [
        *((row[at], step(RETURN, ERRNO | code)) for table, code in _REFUSED for row in table.values()),
        (_SOCKETPAIR[at], _pairs()),
        (_IOCTL[at], only(1, _IOCTLS, errno.ENOTTY)),
        (_FALLOCATE[at], only(1, (0,), errno.EOPNOTSUPP)),  # in other modes no limit on files holds
        (_PRLIMIT[at], only(0, (0,), errno.EPERM)),
        (_SETAFFINITY[at], only(0, (0,), errno.EPERM)),
        (
            _SETPRIORITY[at],
            step(LOAD, argument(0)) + step(EQUAL, 0, skip=(0, 3)) + only(1, (0,), errno.EPERM),
        ),
        (
            _FCNTL[at],
            b"".join(
                [step(LOAD, argument(1)), *(step(EQUAL, v, skip=(0, 1)) + refuse for v in _FCNTLS), allow]
            ),
        ),
    ]
    return _program(blocks)


def questions(version: int, machine: str | None = None) -> bytes:
    """Return the filter of what the keeper is asked about, with this version of Landlock."""
    at = column(machine or os.uname().machine)
    asked = {**ASKED, **SIGNALS} if version < SIGNALS_SINCE else ASKED
    return _program([(numbers[at], step(RETURN, _ASK)) for numbers in asked.values()])


def _pairs() -> bytes:
    allow, refuse = step(RETURN, ALLOW), step(RETURN, ERRNO | errno.EAFNOSUPPORT)
    kinds = [step(EQUAL, kind, skip=(0, 1)) + allow for kind in _CONNECTED]
    return b"".join(
        [
            *(step(LOAD, argument(0)), step(EQUAL, _AF_UNIX, skip=(1, 0)), refuse),
            *(step(LOAD, argument(1)), step(_AND, 0xF), *kinds, refuse),
        ]
    )


def _program(blocks: list[tuple[int, bytes]]) -> bytes:
    """Return a filter that comes to an end in the block of a call's number, and allows what has none."""
    steps = [step(LOAD, _NUMBER)]
    for number, block in blocks:
        if number >= 0:
            steps += [step(EQUAL, number, skip=(0, len(block) // 8)), block]
    return b"".join([*steps, step(RETURN, ALLOW)])
