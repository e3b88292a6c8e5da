"""The system calls that commands in the sandbox do without, as a filter in the kernel's BPF.

Namespaces leave a few doors: kernel keyrings and vsock sockets know none, memory in anonymous files is no
process's, new user namespaces bring capabilities back, and io_uring passes a filter by. Nothing here is
what keeps files and networks apart (bubblewrap does); it takes away what could be turned against that.
"""

from __future__ import annotations

import os
import struct

__all__ = ["ALLOW", "EPERM", "EQUAL", "ERRNO", "LOAD", "RETURN", "argument", "column", "program", "step"]

# From the kernel's headers: audit.h, filter.h, seccomp.h.
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "arm64": 0xC00000B7}
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
_GREATER_EQUAL, _ANY_BIT = 0x35, 0x45
ALLOW, ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER, _MACHINE, _ARGUMENTS = 0, 4, 16
EPERM, _ENOSYS, _EAFNOSUPPORT = 1, 38, 97
_X32 = 0x40000000
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
_FAMILIES = (1, 2, 10, 16)  # AF_UNIX, INET, INET6, NETLINK: of the sandbox's own network, which leads nowhere

# name: (x86-64, arm64 and every newer machine)
_DENIED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsmount": (432, 432),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "fanotify_init": (300, 262),
    "vhangup": (153, 58),
}
_ABSENT = {  # callers have another way when the kernel is too old for these
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "clone3": (435, 435),  # its flags lie in memory, where no filter sees them; libc falls back to clone
}
_FCNTL, _SET_LEASE = (72, 25), 1024
_CLONE = (56, 220)
_SOCKET = (41, 198)
_SOCKETPAIR = (53, 199)


def program(machine: str | None = None) -> bytes | None:
    """Return the filter for this machine (or `machine`, as `uname -m` says it); None where it is unknown."""
    machine = machine or os.uname().machine
    if machine not in _MACHINES:
        return None
    at = column(machine)
    steps = [
        step(LOAD, _MACHINE),
        step(EQUAL, _MACHINES[machine], skip=(1, 0)),
        step(RETURN, _KILL),  # another machine's calls have other numbers
        step(LOAD, _NUMBER),
    ]
    if machine == "x86_64":
        steps += [step(_GREATER_EQUAL, _X32, skip=(0, 1)), step(RETURN, ERRNO | _ENOSYS)]
    for table, errno in ((_DENIED, EPERM), (_ABSENT, _ENOSYS)):
        for numbers in table.values():
            steps += [step(EQUAL, numbers[at], skip=(0, 1)), step(RETURN, ERRNO | errno)]
    steps += [
        step(EQUAL, _FCNTL[at], skip=(0, 4)),
        step(LOAD, argument(1)),
        step(EQUAL, _SET_LEASE, skip=(0, 1)),  # makes others wait who open the file
        step(RETURN, ERRNO | EPERM),
        step(RETURN, ALLOW),
        step(EQUAL, _CLONE[at], skip=(0, 3)),
        step(LOAD, argument(0)),
        step(_ANY_BIT, _NEW_NAMESPACES, skip=(0, 3)),
        step(RETURN, ERRNO | EPERM),
        step(EQUAL, _SOCKET[at], skip=(2, 0)),
        step(EQUAL, _SOCKETPAIR[at], skip=(1, 0)),
        step(RETURN, ALLOW),
        step(LOAD, argument(0)),
    ]
    for family in _FAMILIES:
        steps += [step(EQUAL, family, skip=(0, 1)), step(RETURN, ALLOW)]
    return b"".join([*steps, step(RETURN, ERRNO | _EAFNOSUPPORT)])


def column(machine: str) -> int:
    """Return which of a call's two numbers a machine uses."""
    return 0 if machine == "x86_64" else 1


def argument(number: int) -> int:
    """Return where the lower half of a call's argument lies: all there is of a C int."""
    return _ARGUMENTS + 8 * number


def step(code: int, value: int, *, skip: tuple[int, int] = (0, 0)) -> bytes:
    """Return one instruction; `skip` is how many to leave out when a comparison holds, and when not."""
    return struct.pack("=HBBI", code, *skip, value)
