"""Processes and what they started, as the kernel lists them."""

from __future__ import annotations

import os

__all__ = ["descendants", "threads"]


def descendants(pid: int) -> set[int]:
    """Return a process and all that it started, as far as they are still its descendants (Linux; else it)."""
    found, new = {pid}, [pid]
    while new:
        for child in _children(new.pop()):
            if child not in found:
                found.add(child)
                new.append(child)
    return found


def _children(pid: int) -> list[int]:
    told = b""
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb") as stream:
                told += stream.read() + b" "
    except OSError:  # gone in the meantime
        pass
    return [int(each) for each in told.split()]


def threads(pid: int) -> int:
    """Return a process's number of threads; 0 where it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0
