"""What a run learns from the repository before it asks: the house style, and what links to what."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from bot.data import Change, Chunk, Skipped, Snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from bot.cache import Cache
    from bot.chunk.tags import Tags
    from bot.commands.session import Run
    from bot.ledger import Review
    from bot.prompt.template import Wording
    from bot.tasks.style import HouseStyle

__all__ = ["house_style", "linker", "read_source"]

LINKED = 128  # chunks whose context is kept: a window, whose parameters are asked about after the summaries


def house_style(
    tree: Iterator[Change | Skipped], convention: str, most: int, cache: Cache | None = None
) -> HouseStyle:
    """Return the docstring style that the first `most` Python files of the repository vote for.

    Args:
        tree: The repository's files.
        convention: "auto", or the convention that overrules the vote.
        most: Files read at most.
        cache: Where the votes of a content are kept: parsing hundreds of files takes a second.
    """
    from bot.languages import detect  # noqa: PLC0415
    from bot.tasks.style import StyleVotes  # noqa: PLC0415

    votes = StyleVotes()
    python = (c for c in tree if isinstance(c, Change) and detect(c.path, c.source[:80]) == "python")
    for change in islice(python, most):
        votes.add_counts(_votes(change, cache))
    return votes.style(convention)  # type: ignore[arg-type] # checked by bot.config


def _votes(change: Change, cache: Cache | None) -> dict[str, int]:
    """Return how the docstrings of one Python file vote."""
    from bot.chunk.symbols import symbols  # noqa: PLC0415
    from bot.tasks.style import StyleVotes  # noqa: PLC0415

    key = f"{StyleVotes.VERSION}:{change.blob}"
    kept = cache.get("style", key) if cache is not None else None
    if kept is not None and all(isinstance(count, int) for count in kept.values()):
        return kept
    votes = StyleVotes()
    votes.add_symbols(change.source, symbols("python", change.source))
    if cache is not None:
        cache.put("style", key, votes.counts)
    return votes.counts


def linker(run: Run, wording: Wording, review: Review) -> Callable[[Chunk], Sequence[Snippet]]:
    """Return what links a chunk to its context; nothing is indexed for a model that is shown none of it."""
    if not wording.kinds and wording.form != "chat":
        return lambda _chunk: ()
    from bot.chunk.context import link  # noqa: PLC0415
    from bot.chunk.index import RepoIndex  # noqa: PLC0415

    run.observer.start("indexing")
    index = RepoIndex.build(
        ((c.path, c.blob, _loader(run, c.path)) for c in run.tree() if isinstance(c, Change)),
        CachedTags(run.cache) if run.cache is not None else None,
        focus=[c.path for c in run.files() if isinstance(c, Change)] if run.narrow else (),
    )
    if index.limited:
        review.notes.append(
            f"Linked context comes from {len(index.paths):,} files; {index.left_out:,} were left out."
        )

    @lru_cache(maxsize=LINKED)
    def linked(chunk: Chunk) -> Sequence[Snippet]:
        return link(chunk, index, companions=run.companions(chunk.change.path))

    return linked


class CachedTags:
    """A tag store in the cache, so that a file's content is read for its names once."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def get(self, key: str) -> Tags | None:
        """Return what is kept under a content's key."""
        from bot.chunk.tags import Tags  # noqa: PLC0415

        kept = self._cache.get("tags", key)
        try:
            return Tags.from_json(kept["tags"]) if kept else None
        except (KeyError, TypeError, ValueError):
            return None  # written by another version

    def put(self, key: str, tags: Tags) -> None:
        """Keep a content's tags."""
        self._cache.put("tags", key, {"tags": tags.to_json()})


def read_source(root: Path, path: str) -> bytes:
    """Return a file's text as it is on disk, in UTF-8; nothing for one that is no text."""
    from bot.files import decode  # noqa: PLC0415

    decoded = decode(path, (root / path).read_bytes())
    return b"" if isinstance(decoded, Skipped) else decoded[0]


def _loader(run: Run, path: str) -> Callable[[], bytes]:
    """Return what reads a file again: the index keeps names, not contents."""
    return lambda: (run.source or read_source)(run.root, path)
