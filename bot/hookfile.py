"""The hook files of a repository: codebot's lines in them, put in and taken out again byte for byte.

Where a shell script is a hook already, our lines go to its top, so that it keeps its name, its folder, its
arguments and its input, and other edits to it survive. Anything else (a program, a link) is set aside whole,
and called after ours.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ASIDE", "TYPES", "HookFile", "script"]

TYPES = ("pre-commit", "pre-push", "commit-msg")
ASIDE = "before-codebot"  # folder for programs, and ending for links
_SHELL = re.compile(rb"#![^\n]*[/ ](?:ba|da|k|z|a|mk)?sh(?:\s|$)")
_LINE = b"codebot=codebot\n"  # in our scripts, the one that says where codebot is


@dataclass(frozen=True, slots=True)
class HookFile:
    """One hook of one folder."""

    folder: Path
    type: str  # of `TYPES`
    sourced: bool = False  # run by a shell whatever its mode is, and without a `#!` line

    @property
    def path(self) -> Path:
        """Where git, or who calls it, looks for it."""
        return self.folder / self.type

    @property
    def installed(self) -> bool:
        """Whether codebot's lines are in it."""
        raw = self._read()
        return raw is not None and self._block.search(raw) is not None

    def install(self, command: str, arguments: Sequence[str] = ()) -> str:
        """Put codebot's lines in, and return what happened in words.

        Args:
            command: Where codebot is: a path, or a name to look for.
            arguments: Options for `codebot hook`.

        Raises:
            UsageError: The folder or the file cannot be written.
        """
        block = script(self.type, command, arguments).partition(b"\n")[2]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            raw = self._read()
            if raw is not None and self._block.search(raw):
                new = self._block.sub(lambda _: block, raw)
                self._write(new)
                return "was there already" if new == raw else "is up to date now"
            if raw is None and not self.path.is_symlink():
                self._write(block if self.sourced else b"#!/bin/sh\n" + block, new=True)
                return "is new"
            if raw is not None and self._takes_lines(raw):
                head = raw[: raw.index(b"\n") + 1] if raw.startswith(b"#!") else b""
                self._write(head + block + raw[len(head) :])
                return "runs before what the hook does already"
            return self._set_aside(block)
        except OSError as error:
            raise UsageError(f"{error.filename or self.path}: {error.strerror}") from error

    def uninstall(self) -> str | None:
        """Take codebot's lines out, and return what happened in words; None where there were none.

        Raises:
            UsageError: The file cannot be written.
        """
        try:
            for name in (self.type, f"{self.type}.legacy"):  # pre-commit moves hooks that it finds there
                found = HookFile(self.folder, name, self.sourced)
                raw = found._read()
                if raw is None or not (ours := self._block.search(raw)):
                    continue
                rest = raw[: ours.start()] + raw[ours.end() :]
                if self._back(found.path, rest):
                    return "is what it was before"
                if rest in {b"", b"#!/bin/sh\n"}:
                    found.path.unlink()
                    return "is removed"
                found._write(rest)
                return "is what it was before"
        except OSError as error:
            raise UsageError(f"{error.filename or self.path}: {error.strerror}") from error
        return None

    @property
    def _block(self) -> re.Pattern[bytes]:
        name = self.type.removesuffix(".legacy").encode()
        return re.compile(
            rb"^# >>> codebot %s .*?^# <<< codebot %s <<<\n" % (name, name), re.DOTALL | re.MULTILINE
        )

    def _read(self) -> bytes | None:
        """Return the file's bytes; None for nothing there, and for a link."""
        try:
            return None if self.path.is_symlink() else self.path.read_bytes()
        except FileNotFoundError:
            return None

    def _takes_lines(self, raw: bytes) -> bool:
        """Whether it is a shell script that is in use: git passes over one that cannot be executed."""
        if (
            b"\0" in raw
            or (raw.startswith(b"#!") and b"\n" not in raw)
            or not (self.sourced or os.access(self.path, os.X_OK))
        ):
            return False
        return _SHELL.match(raw) is not None if raw.startswith(b"#!") else True

    def _set_aside(self, block: bytes) -> str:
        """Put a script of ours in place of a program or link, which it calls where it would have run."""
        runs = os.access(self.path, os.X_OK)
        aside = self._aside_link if self.path.is_symlink() else self._aside_file
        if aside.exists() or aside.is_symlink():
            raise UsageError(f"{aside} is in the way", hint="Move it, or codebot uninstall-hook first.")
        aside.parent.mkdir(exist_ok=True)
        os.rename(self.path, aside)
        there = shlex.quote(aside.relative_to(self.folder).as_posix())
        call = f'exec "$(dirname -- "$0")"/{there} "$@"\n'.encode() if runs else b""
        try:
            self._write(b"#!/bin/sh\n" + block + call, new=True)
        except OSError:
            os.rename(aside, self.path)
            raise
        return "runs before what was there" if runs else "is in place of one that was switched off"

    def _back(self, place: Path, rest: bytes) -> bool:
        """Move back what was set aside; return whether there was anything."""
        for aside in (self._aside_link, self._aside_file):
            if (aside.exists() or aside.is_symlink()) and rest.startswith(b"#!/bin/sh\n"):
                os.replace(aside, place)
                if aside.parent != self.folder and not any(aside.parent.iterdir()):
                    aside.parent.rmdir()
                return True
        return False

    @property
    def _aside_file(self) -> Path:
        return self.folder / ASIDE / self.type  # programs look at what they are called

    @property
    def _aside_link(self) -> Path:
        return self.folder / f"{self.type}.{ASIDE}"  # links may be relative

    def _write(self, raw: bytes, *, new: bool = False) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=f".{self.type}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
            os.chmod(
                name, (0o644 if self.sourced else 0o755) if new else stat.S_IMODE(self.path.stat().st_mode)
            )
            os.replace(name, self.path)
        except BaseException:
            os.unlink(name)
            raise


def script(type_: str, command: str, arguments: Sequence[str] = ()) -> bytes:
    """Return the script of `hooks/` for a type of hook, with `command` and `arguments` in it."""
    package = Path(__file__).resolve().parent
    for root in (package, package.parent):
        place = root / "hooks" / type_
        if place.is_file():
            break
    else:
        raise UsageError("the hook scripts are not part of this installation", hint="install codebot again")
    # A path as sh on Windows takes it, too.
    where = shlex.quote(command.replace("\\", "/"))
    raw = place.read_bytes().replace(_LINE, f"codebot={where}\n".encode(), 1)
    if "--block" in arguments:
        raw = raw.replace(b"may_block=no\n", b"may_block=yes\n", 1)
    more = "".join(f" {shlex.quote(each)}" for each in arguments)
    return raw.replace(f"hook {type_}".encode(), f"hook {type_}{more}".encode(), 1)
