"""The project's own Python: which one it is, and what of the disk it needs to see.

Nothing is run to find out. The repository may be hostile, and it may bring an interpreter along: everything
is read from `pyvenv.cfg`, `.pth` files and the metadata of installed packages, and what that names is shown
to commands only if it looks like Python's and lies in no private place.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Interpreter", "find_python"]

_VENVS = (".venv", "venv", "env", ".env", ".tox/py", ".nox/tests")
# Folders of a home folder that tools keep Pythons and packages in; every other hidden one is private.
_TOOLS = frozenset(
    {".pyenv", ".venv", ".venvs", ".virtualenvs", ".conda", ".asdf", ".rye", ".hatch", ".nix-profile"}
)
_TOOL_PATHS = (
    ".local/lib",
    ".local/share/uv",
    ".local/share/mise",
    ".local/share/virtualenvs",
    ".local/share/hatch",
    ".local/share/pdm",
    ".local/share/rye",
    ".local/pipx",
    ".local/share/pipx",
    ".cache/uv",
    ".cache/pypoetry",
    "Library/Caches/pypoetry",
    "Library/Application Support/uv",
)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """An interpreter as commands call it."""

    executable: Path  # in its virtual environment, where it has one: links are kept
    prefix: Path  # of the virtual environment or installation
    visible: tuple[Path, ...]  # what commands must be able to read for it to work
    version: tuple[int, int] | None  # None where nothing tells
    why: str  # how it was found, in words

    @property
    def packages(self) -> tuple[Path, ...]:
        """The folders that packages are installed in."""
        return tuple(_site_packages(self.prefix))


def find_python(
    root: Path, *, configured: Path | None = None, environ: Mapping[str, str] | None = None
) -> Interpreter:
    """Find the interpreter that the project at `root` is developed with.

    In this order: what the configuration names, the active virtual environment, one in the repository, the
    active conda environment, what `.python-version` names in pyenv, and the Python on the path.

    Raises:
        UsageError: What the configuration names is no interpreter.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    if configured is not None:
        found = _executable(configured)
        if found is None:
            raise UsageError(
                f"{configured} is no Python interpreter and no environment with one",
                hint="python takes the path of an executable or of a virtual environment.",
            )
        return _described(found, home, root, "as configured")
    for path, why in _candidates(root, environ, home):
        found = _executable(path)
        if found is not None:
            return _described(found, home, root, why)
    return _described(Path(sys.executable), home, root, "codebot's own")


def _candidates(root: Path, environ: Mapping[str, str], home: Path) -> Iterator[tuple[Path, str]]:
    if environ.get("VIRTUAL_ENV"):
        yield Path(environ["VIRTUAL_ENV"]), "the active virtual environment"
    for name in _VENVS:
        if (root / name / "pyvenv.cfg").is_file():
            yield root / name, f"{name} in the repository"
    if environ.get("CONDA_PREFIX"):
        yield Path(environ["CONDA_PREFIX"]), "the active conda environment"
    for version in _pinned(root):
        yield Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions" / version, ".python-version"
    if sys.prefix != sys.base_prefix:
        yield Path(sys.executable), "the environment that codebot runs in"
    for name in ("python3", "python"):
        found = shutil.which(name, path=environ.get("PATH"))
        if found and "shims" not in Path(found).parts:  # pyenv's and asdf's: scripts that need their tool
            yield Path(found), "on the path"


def _pinned(root: Path) -> list[str]:
    try:
        lines = (root / ".python-version").read_text("utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines if re.fullmatch(r"[\w.-]+", line) and not line.startswith(".")]


def _executable(path: Path) -> Path | None:
    """Return the interpreter that `path` is or holds, as an absolute path with its links kept."""
    path = Path(os.path.abspath(path))
    for each in (path, path / "bin" / "python", path / "bin" / "python3", path / "Scripts" / "python.exe"):
        if each.is_file() and os.access(each, os.X_OK):
            return each
    return None


def _described(executable: Path, home: Path, root: Path, why: str) -> Interpreter:
    prefix = executable.parent.parent
    real = Path(os.path.realpath(executable))
    bases = [prefix, real.parent.parent]
    configuration = _configuration(prefix)
    if "home" in configuration:
        bases.append(Path(configuration["home"]).parent)
    visible = [each for each in dict.fromkeys(bases) if _is_python(each)]
    shared = configuration.get("include-system-site-packages", "").lower() == "true"
    for base in [prefix, real.parent.parent] if shared or not configuration else [prefix]:
        for packages in _site_packages(base):
            visible += _linked(packages, root)
    shown = [each for each in dict.fromkeys(visible) if not _private(each, home)]
    version = _version(configuration, real, prefix)
    return Interpreter(executable, prefix, tuple(shown), version, why)


def _configuration(prefix: Path) -> dict[str, str]:
    try:
        text = (prefix / "pyvenv.cfg").read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _is_python(prefix: Path) -> bool:
    """Whether a folder is laid out as an installation or environment of Python is."""
    return any((prefix / lib).is_dir() for lib in ("lib", "lib64", "Lib")) and (
        (prefix / "pyvenv.cfg").is_file() or any(prefix.glob("lib*/python3*"))
    )


def _site_packages(prefix: Path) -> Iterator[Path]:
    yield from prefix.glob("lib*/python3*/site-packages")
    yield from prefix.glob("lib*/python3*/dist-packages")


def _linked(packages: Path, root: Path) -> Iterator[Path]:
    """Yield the folders outside the repository that a folder of packages refers to: editable installs."""
    for path in packages.glob("*.pth"):
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            if line.startswith("/") and os.path.isdir(line.strip()):
                yield Path(line.strip())
    for path in packages.glob("*.dist-info/direct_url.json"):
        try:
            told = json.loads(path.read_text("utf-8"))
            url = urlsplit(told["url"]) if told.get("dir_info", {}).get("editable") else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if url is not None and url.scheme == "file":
            folder = Path(unquote(url.path))
            if folder.is_dir() and not root.is_relative_to(folder):
                yield folder


def _private(path: Path, home: Path) -> bool:
    """Whether a path holds the home folder, or lies in a part of it that tools have no Python in."""
    real, home = Path(os.path.realpath(path)), Path(os.path.realpath(home))
    if home.is_relative_to(real):
        return True
    if not real.is_relative_to(home):
        return False
    inside = real.relative_to(home)
    if any(inside.is_relative_to(tool) for tool in _TOOL_PATHS) or inside.parts[0] in _TOOLS:
        return False
    return inside.parts[0].startswith(".") or inside.parts[0] == "Library"


def _version(configuration: Mapping[str, str], real: Path, prefix: Path) -> tuple[int, int] | None:
    told = configuration.get("version_info") or configuration.get("version") or ""
    names = [told, real.name, *(each.name for each in prefix.glob("lib*/python3.*"))]
    for name in names:
        found = re.search(r"(\d+)\.(\d+)", name)
        if found:
            return int(found[1]), int(found[2])
    return None
