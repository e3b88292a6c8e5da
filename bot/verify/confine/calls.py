"""The kernel's calls that Python has no function for; each raises OSError where the kernel says no.

Three are Landlock's, and they take two small structures: a library for them would be larger than this file,
and the ones there are know Landlock's older versions only or are at their first releases.
"""

from __future__ import annotations

import ctypes
import os
import struct

__all__ = ["drop_capabilities", "install_filter", "landlock_version", "open_beneath", "prctl", "restrict"]

_LIBC = ctypes.CDLL(None, use_errno=True)
# The newer calls have one number on every machine.
_OPENAT2, _CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 437, 444, 445, 446
_SECCOMP, _CAPSET = {"x86_64": (317, 126)}.get(os.uname().machine, (277, 91))

_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1  # LANDLOCK_RULE_PATH_BENEATH
_SET_MODE_FILTER = 1
_NEW_LISTENER, _WAIT_KILLABLE = 8, 32
_RESOLVE = 0x08 | 0x02  # RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS
_CAPABILITY_VERSION = 0x20080522
_DROP_FROM_BOUNDS = 24  # PR_CAPBSET_DROP


def landlock_version() -> int:
    """Return the version of the kernel's Landlock interface; 0 where there is none, or it is switched off."""
    try:
        return _call(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    except OSError:
        return 0


def restrict(attributes: bytes, rules: list[tuple[str, int]]) -> None:
    """Lay a Landlock domain on this thread, and on all that it starts, for good.

    Args:
        attributes: `struct landlock_ruleset_attr` as far as the kernel's version has it.
        rules: Paths, and the rights below each; a path that is not there is left out.
    """
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    for path, rights in rules:
        try:
            beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, beneath), 0)
        os.close(beneath)
    _call(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def install_filter(program: bytes, *, listen: bool = False) -> int:
    """Lay a seccomp filter on this thread; with `listen`, return the descriptor of its questions."""
    code = ctypes.create_string_buffer(program, len(program))
    steps = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    return _call(_SECCOMP, _SET_MODE_FILTER, _NEW_LISTENER | _WAIT_KILLABLE if listen else 0, steps)


def open_beneath(folder: int, path: str, flags: int) -> int:
    """Open a path below a folder's descriptor; no link and no ".." in it leads out, whatever races for it."""
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, _RESOLVE)
    return _call(_OPENAT2, folder, os.fsencode(path), how, ctypes.c_size_t(len(how)))


def prctl(option: int, value: int) -> None:
    """Set one of a process's own properties."""
    if _LIBC.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)):
        raise OSError(ctypes.get_errno(), "prctl")


def drop_capabilities() -> None:
    """Give up every privilege that root has beside owning files; `no_new_privs` keeps them gone."""
    for capability in range(64):
        try:
            prctl(_DROP_FROM_BOUNDS, capability)
        except OSError:  # past the last one, or not allowed to: then there is nothing to drop
            break
    header = struct.pack("=Ii", _CAPABILITY_VERSION, 0)
    _call(_CAPSET, header, bytes(24))


def _call(number: int, *arguments: int | bytes | ctypes.c_size_t | None) -> int:
    passed = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    result = int(_LIBC.syscall(ctypes.c_long(number), *passed))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"system call {number}: {os.strerror(code)}")
    return result
