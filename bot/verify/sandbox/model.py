"""What a run may use, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Ended", "Limits", "Result"]

MIB = 1024 * 1024

# How it came to an end: by itself, or for which limit it was stopped. "killed": the whole tree died of
# something else, such as an attack on what watches it.
Ended = Literal["exit", "timeout", "cpu", "memory", "processes", "disk", "output", "killed"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes and seconds that one run may use, all its processes together unless it says otherwise."""

    seconds: float = 60.0  # wall time
    cpu_seconds: int = 60  # of processor time, each process
    memory: int = 2048 * MIB  # also the most that one process may map for itself
    processes: int = 128  # threads count
    file_bytes: int = 64 * MIB  # largest file
    disk: int = 256 * MIB  # everything written
    output: int = 2 * MIB  # of stdout and of stderr; what lies beyond is dropped and ends the run
    open_files: int = 512  # each process


@dataclass(frozen=True, slots=True)
class Result:
    """How one command ended."""

    code: int  # exit status; the negative signal number where a signal ended it; -9 where it was stopped
    stdout: bytes
    stderr: bytes
    seconds: float  # wall time of the command itself
    ended: Ended
    files: Mapping[str, bytes] = field(default_factory=dict)  # what was asked to be read afterwards
    detail: str = ""  # in words, where `ended` is not "exit"

    @property
    def ok(self) -> bool:
        """Whether it ended by itself with status 0."""
        return self.ended == "exit" and self.code == 0
