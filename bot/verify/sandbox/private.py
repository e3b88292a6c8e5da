"""What lies in a repository or an environment and is still nobody's business: credentials."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["hidden", "is_private", "refuse_home"]

_FOLDERS = frozenset({".git", ".hg", ".svn", ".aws", ".azure", ".gnupg", ".kube", ".ssh", ".docker"})
_FILES = frozenset(
    {
        ".env",
        ".envrc",
        ".git-credentials",
        ".netrc",
        ".npmrc",
        ".pgpass",
        ".pypirc",
        ".yarnrc.yml",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        "id_rsa",
        "pip.conf",
    }
)
_SHOWN = (".example", ".sample", ".template", ".dist")
_UNSEARCHED = frozenset({"node_modules", "site-packages", "dist-packages", "__pycache__"})


def is_private(name: str) -> bool:
    """Whether a file or folder of this name is hidden from commands, wherever in the repository it lies."""
    return name in _FOLDERS or name in _FILES or (name.startswith(".env.") and not name.endswith(_SHOWN))


def hidden(roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the private files and folders below `roots`; the version control's own folder is one of them."""
    seen: set[Path] = set()
    for root in roots:
        for folder, folders, files in os.walk(root):
            private = [name for name in (*folders, *files) if is_private(name)]
            folders[:] = sorted(n for n in folders if not is_private(n) and n not in _UNSEARCHED)
            for name in private:
                path = Path(folder, name)
                # A virtual environment may be called .env; a link shows nothing that is not shown anyway.
                if path.is_symlink() or (path / "pyvenv.cfg").is_file() or path in seen:
                    continue
                seen.add(path)
                yield path


def refuse_home(root: Path) -> None:
    """Refuse a repository that the home folder lies in.

    Raises:
        UsageError: It does.
    """
    if Path(os.path.realpath(os.path.expanduser("~"))).is_relative_to(root):
        raise UsageError(
            f"{root} holds your home folder, which a sandbox must not show",
            hint="Run codebot in a project's own folder.",
        )
