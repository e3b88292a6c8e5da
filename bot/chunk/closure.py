"""Which files of a repository that is too large are worth indexing: what those at hand lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.chunk.imports import Paths
from bot.languages import detect

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from bot.chunk.tags import Import

__all__ = ["closest"]


def closest(
    paths: Sequence[str], focus: Collection[str], limit: int, imports: Callable[[int], Iterable[Import]]
) -> list[int]:
    """Return the positions of at most `limit` paths, in order.

    First `focus` and what it imports, directly or not, the nearest first; then the files of its top-level
    folders. Without a focus: the files nearest to the root.

    Args:
        paths: of the whole repository.
        focus: those that are about to be looked at.
        limit: positions returned at most.
        imports: returns a file's imports; called for files of the closure only.
    """
    lookup = Paths(paths)
    wanted = [lookup.by_path[path] for path in sorted(focus) if path in lookup.by_path][:limit]
    seen = dict.fromkeys(wanted)
    for number in wanted:  # grows while it is walked: breadth first
        path = paths[number]
        for each in imports(number) if len(seen) < limit else ():
            fresh = [target for target in lookup.files(detect(path), path, each) if target not in seen]
            fresh = fresh[: limit - len(seen)]
            seen.update(dict.fromkeys(fresh))
            wanted += fresh
    tops = {path.partition("/")[0] for path in focus}
    rest = [
        n for n, path in enumerate(paths) if n not in seen and (not tops or path.partition("/")[0] in tops)
    ]
    rest.sort(key=lambda n: (paths[n].count("/"), paths[n]))
    return sorted([*seen, *rest[: limit - len(seen)]])
