"""Which files of the repository an import means. Only paths are looked at, never an environment."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.chunk.tags import Import

__all__ = ["Paths"]

_PYTHON = (".py", ".pyi")
_SCRIPT = (".ts", ".tsx", ".d.ts", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts")
_FOLDER = 40  # files: an import of a bigger folder says too little to follow


class Paths:
    """The paths of a repository, looked up the way import systems do. File ids are positions in `paths`."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.by_path = {path: number for number, path in enumerate(paths)}
        self.folders: dict[str, list[int]] = defaultdict(list)
        self._stems: dict[str, list[int]] = defaultdict(list)
        self._roots: dict[str, dict[str, None]] = defaultdict(dict)  # first name of a module -> source roots
        self._paths = paths
        for number, path in enumerate(paths):
            folder, _, name = path.rpartition("/")
            self.folders[folder].append(number)
            self._stems[name.partition(".")[0]].append(number)
            if name.endswith(_PYTHON):
                self._root(folder, name)

    def _root(self, folder: str, name: str) -> None:
        top = name.partition(".")[0]
        while folder and f"{folder}/__init__.py" in self.by_path:
            folder, _, top = folder.rpartition("/")
        self._roots[top][folder] = None
        head, _, _rest = folder.partition("/")  # a namespace package, seen from the repository's own root
        if head:
            self._roots[head][""] = None

    def python(self, path: str, module: str, level: int = 0) -> int | None:
        """Return the file of a module that `path` imports with `level` leading dots."""
        if level:
            base = posixpath.dirname(path)
            for _ in range(level - 1):
                base = posixpath.dirname(base)
            return self._module(base, module)
        here = posixpath.dirname(path)
        roots = list(self._roots.get(module.partition(".")[0], ()))
        roots.sort(key=lambda r: (-len(posixpath.commonpath([r, here])) if r and here else 0, len(r), r))
        for root in roots:
            if (found := self._module(root, module)) is not None:
                return found
        return None

    def _module(self, root: str, module: str) -> int | None:
        stem = "/".join(part for part in (root, *module.split(".")) if part)
        package = f"{stem}/" if stem else ""
        for candidate in (f"{package}__init__.py", f"{stem}.py", f"{stem}.pyi", f"{package}__init__.pyi"):
            if candidate in self.by_path:
                return self.by_path[candidate]
        return None

    def submodule(self, number: int, name: str) -> int | None:
        """Return the module `name` in the package whose `__init__` file `number` is."""
        folder, _, file = self._paths[number].rpartition("/")
        return self._module(folder, name) if file.startswith("__init__.") else None

    def files(self, language: str, path: str, each: Import) -> tuple[int, ...]:
        """Return the files an import may mean, none where it leads out of the repository."""
        if language == "python":
            module = self.python(path, each.module, each.level)
            found = [] if module is None else [module]
            if each.attribute and each.attribute != "*":
                dotted = f"{each.module}.{each.attribute}" if each.module else each.attribute
                inner = self.python(path, dotted, each.level)
                found += [] if inner is None else [inner]
            return tuple(dict.fromkeys(found))
        if language in ("javascript", "typescript", "tsx"):
            return self._script(path, each.module)
        if language == "go":
            return self._folder(each.module)
        if "/" in each.module or each.bound == "*":
            return self._relative(path, each.module)
        return self._dotted(path, each)

    def _script(self, path: str, module: str) -> tuple[int, ...]:
        if not module.startswith("."):
            return ()
        stem = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
        bare = posixpath.splitext(stem)[0] if stem.endswith((".js", ".mjs", ".cjs", ".jsx")) else stem
        tried = [stem, *(bare + e for e in _SCRIPT), *(f"{stem}/index{e}" for e in _SCRIPT)]
        return tuple(self.by_path[t] for t in tried if t in self.by_path)[:1]

    def _folder(self, module: str) -> tuple[int, ...]:
        parts = module.split("/")
        for first in range(len(parts)):
            found = self.folders.get("/".join(parts[first:]), [])
            if found:
                return tuple(found[:_FOLDER])
        return ()

    def _relative(self, path: str, module: str) -> tuple[int, ...]:
        near = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
        name = posixpath.basename(module)
        found = [n for n in self._stems.get(name.partition(".")[0], ()) if self._ends(n, module)]
        found.sort(key=lambda n: (not self._paths[n].startswith(near), len(self._paths[n]), n))
        return tuple(found[:1])

    def _dotted(self, path: str, each: Import) -> tuple[int, ...]:
        parts = [p for p in each.module.split(".") if p not in ("crate", "self", "super", "*")]
        extension = posixpath.splitext(path)[1]
        for tail in ([*parts, each.attribute] if each.attribute else parts, parts):
            for first in range(len(tail)):
                wanted = "/".join(tail[first:])
                found = [n for n in self._stems.get(tail[-1], ()) if self._ends(n, wanted)]
                found = [n for n in found if self._paths[n].endswith(extension)]
                if len(found) == 1 or (found and len(tail) - first > 1):
                    return (found[0],)
        return ()

    def _ends(self, number: int, module: str) -> bool:
        wanted = "/" + module.lstrip("./")
        path = "/" + self._paths[number]
        return path.endswith(wanted) or posixpath.splitext(path)[0].endswith(wanted)
