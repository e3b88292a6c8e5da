"""Whose word counts: a repository's own file may not say where code goes, nor which files are written.

A repository that was cloned a minute ago could name an engine that belongs to a stranger, and with it ask for
the user's token; or a log file that is the user's shell profile. So these settings count only from where the
user alone writes (flags, environment, the user's own file), or once the user said so with `codebot trust`.
That holds for the values as they were then: another address has to be trusted again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Trust", "needs_trust", "user_folder"]

_FILE = "trust.json"
# Only addresses that cannot be read in two ways.
_HERE = r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?"
_LOOPBACK = re.compile(rf"(?:triton\+(?:grpc|http)s?|openai\+https?)://{_HERE}(?:,{_HERE})*/[^@\\\s]*")
_ALWAYS = frozenset(
    {"test_commands", "record", "egress_log", "engine_ca", "engine_cert", "engine_key", "engine_headers"}
)


def needs_trust(name: str, value: object, root: Path) -> bool:
    """Whether a repository's own file may set `name` to `value` only once the user trusts it.

    Engines in the package, on this machine's loopback or of recordings are harmless. A model in a folder is
    not: its files are read by native code that was never hardened against strangers.
    """
    if name == "engine":
        return not _harmless(str(value), root)
    if name == "sandbox":
        return value is False
    if name in {"prompts", "python"}:
        return not _inside(str(value), root)
    return name in _ALWAYS


def user_folder(environ: Mapping[str, str]) -> Path:
    """Return where the user's own configuration lies: `CODEBOT_CONFIG_DIR`, or the platform's place."""
    if folder := environ.get("CODEBOT_CONFIG_DIR"):
        return Path(folder)
    from platformdirs import user_config_path  # noqa: PLC0415 - 10 ms that a run in no repository saves

    return user_config_path("codebot", appauthor=False)


class Trust:
    """What the user trusts: for each repository's root, the settings as they were when the user said so."""

    def __init__(self, folder: Path) -> None:
        """Use the file in `folder`, which need not exist."""
        self.path = folder / _FILE

    def covers(self, root: Path, values: Mapping[str, object]) -> bool:
        """Whether exactly these settings of the repository at `root` are trusted."""
        return self._read().get(_key(root)) == _digest(values)

    def add(self, root: Path, values: Mapping[str, object]) -> None:
        """Trust these settings of the repository at `root`, in place of what was trusted there."""
        self._write({**self._read(), _key(root): _digest(values)})

    def drop(self, root: Path) -> bool:
        """Trust the repository at `root` no longer; return whether it was trusted."""
        known = self._read()
        found = known.pop(_key(root), None) is not None
        if found:
            self._write(known)
        return found

    def _read(self) -> dict[str, str]:
        try:
            kept: Any = json.loads(self.path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{self.path} cannot be read: {error}", hint="Delete it, and trust anew what you need."
            ) from error
        trusted = kept.get("trusted") if isinstance(kept, dict) else None
        return {str(k): str(v) for k, v in trusted.items()} if isinstance(trusted, dict) else {}

    def _write(self, known: Mapping[str, str]) -> None:
        text = json.dumps({"version": 1, "trusted": dict(sorted(known.items()))}, indent=2) + "\n"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{_FILE}.")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                os.replace(name, self.path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise UsageError(f"{self.path}: {error.strerror}") from error


def _harmless(engine: str, root: Path) -> bool:
    scheme, _, rest = engine.partition(":")
    if scheme == "embedded":
        return not rest.partition("?")[0]
    if scheme == "replay":
        return _inside(rest, root)
    return _LOOPBACK.fullmatch(engine) is not None


def _inside(path: str, root: Path) -> bool:
    top = root.resolve()
    return top in (root / path).resolve().parents


def _key(root: Path) -> str:
    return os.fsencode(root.resolve()).decode("utf-8", "backslashreplace")


def _digest(values: Mapping[str, object]) -> str:
    said = sorted((name, str(value)) for name, value in values.items())
    return "sha256:" + hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()
