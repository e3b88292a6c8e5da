"""What the reviewer remembers between runs: a few hashes in the signed marker of its summary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.review.identity import digest
from bot.review.values import Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["State", "reviewed_before"]

_FILES = 1200  # remembered at most: the marker shares the summary's bytes; what is forgotten is asked again
_HASHES = 600


@dataclass(frozen=True, slots=True)
class State:
    """The last reviewed head, and what was settled by then."""

    head: str = ""
    settings: str = ""  # hash of what decides on suggestions: another value makes everything new again
    files: Mapping[str, str] = field(default_factory=dict)  # hash of the path -> start of the blob's id
    posted: frozenset[str] = frozenset()  # identities that were on the pull request
    dismissed: frozenset[str] = frozenset()  # identities, slots and kins that people do not want

    def mark(self) -> Mark:
        """Return it as a marker's content."""
        return Mark(
            "summary",
            {
                "head": self.head,
                "set": self.settings,
                "f": dict(sorted(self.files.items())[:_FILES]),
                "p": sorted(self.posted)[:_HASHES],
                "d": sorted(self.dismissed)[:_HASHES],
            },
        )

    @classmethod
    def of(cls, mark: Mark | None) -> State:
        """Read a marker; what is missing or of another form counts as not remembered."""
        data: Mapping[str, Any] = mark.data if mark and mark.kind == "summary" else {}
        files = data.get("f")
        return cls(
            head=str(data.get("head", "")),
            settings=str(data.get("set", "")),
            files={str(k): str(v) for k, v in files.items()} if isinstance(files, dict) else {},
            posted=_hashes(data.get("p")),
            dismissed=_hashes(data.get("d")),
        )

    def knows(self, path: str) -> bool:
        """Whether some content of the file was reviewed."""
        return digest(path)[:8] in self.files

    def with_files(self, blobs: Mapping[str, str], unsettled: Collection[str] = ()) -> State:
        """Remember files, by path and blob, but for those that have something left to say or to ask."""
        return replace(
            self, files={digest(p)[:8]: blob[:12] for p, blob in blobs.items() if p not in unsettled}
        )


def reviewed_before(state: State, path: str, blob: str) -> bool:
    """Whether this content of the file was reviewed already."""
    return bool(blob) and state.files.get(digest(path)[:8]) == blob[:12]


def _hashes(value: object) -> frozenset[str]:
    return frozenset(str(each) for each in value) if isinstance(value, list) else frozenset()
