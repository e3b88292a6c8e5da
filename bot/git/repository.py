"""A repository: its files, or those that changed, one at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import RepositoryError, UsageError
from bot.files.disk import given_paths, load_filters, under, walk
from bot.files.skips import Filters
from bot.git import parse
from bot.git.commits import Commits
from bot.git.contents import DIFF, contents
from bot.git.parse import SUBMODULE, SYMLINK, Entry
from bot.git.push import pushed
from bot.git.run import Git, split
from bot.git.stage import Stage
from bot.git.state import HookFolder, hook_folder, under_way
from bot.git.where import locate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

    from bot.data import Change, Skipped

__all__ = ["Repository"]

_HISTORY = 300  # commits that companions are looked for in
_SWEEPING = 50  # files; a commit of more says nothing about any two of them


class Repository:
    """A working tree and its history. Usable as a context manager; `close` ends git's processes."""

    def __init__(self, root: Path, git: Git) -> None:
        self.root = root
        self._git = git
        self._history: list[list[str]] | None = None

    @classmethod
    def open(cls, start: str | Path = ".") -> Repository:
        """Return the repository that `start`, a file or folder, lies in.

        Raises:
            UsageError: `start` does not exist.
            RepositoryError: It is in no repository, or in one without a working tree; or git is absent,
                or refuses because the folder belongs to another user.
        """
        found = cls.find(start)
        if found is None:
            raise RepositoryError(
                f"{start}: not in a git repository", hint="git init, or name a folder to read it as it is"
            )
        return found

    @classmethod
    def find(cls, start: str | Path = ".") -> Repository | None:
        """Like `open`, but None where `start` is in no repository."""
        git = locate(start)
        return cls(Path(git.folder), git) if git else None

    def head(self) -> str | None:
        """Return the id of the commit that is checked out; None before the first commit."""
        return self._commit("HEAD")

    def tracked(self) -> list[str]:
        """Return the paths of tracked files, sorted: no submodules, links, or unmerged paths."""
        return sorted(
            e.path for e in self._index() if e.status in "HS" and e.mode not in {SUBMODULE, SYMLINK}
        )

    def read(
        self,
        paths: Sequence[str | Path] = (),
        *,
        since: str | None = None,
        staged: bool = False,
        filters: Filters | None = None,
    ) -> Iterator[Change | Skipped]:
        """Return an iterator over files, sorted by path, each read when its turn comes.

        Args:
            paths: Only these files and folders, relative to the current folder; none: everything.
            since: Only what changed from the merge base of this revision and HEAD to the working tree.
            staged: Only what is staged, as it is staged.
            filters: What to leave out.

        Raises:
            UsageError: A path does not exist or lies elsewhere, or both `since` and `staged` are given.
            RepositoryError: `since` names no commit, or none that HEAD shares history with.
        """
        if since is not None and staged:
            raise UsageError("--since and --staged exclude each other")
        base = self._base(since) if since is not None else self._staged_base() if staged else None
        entries = self._entries(base, staged=staged)
        chosen = self._choose(entries, paths, whole=base is None)
        return contents(
            self._git, chosen, base=base, staged=staged, filters=filters or load_filters(self.root)
        )

    @property
    def git_dir(self) -> Path:
        """This working tree's own part of the repository: `.git`, or `.git/worktrees/NAME`."""
        return Path(self._git.extra["GIT_DIR"])

    @property
    def under_way(self) -> str | None:
        """What git is in the middle of here: a merge, a cherry-pick, a revert or a rebase."""
        return under_way(self.git_dir)

    @property
    def hook_folder(self) -> HookFolder:
        """Where git looks for hooks, and on whose word."""
        return hook_folder(self._git)

    def staged(self) -> list[Entry]:
        """Return the files that are staged to be added or changed, sorted by path; no submodules."""
        asked = ("--raw", "-z", "--diff-filter=d", "--ignore-submodules=all", "--cached")
        found = parse.raw_diff(split(self._git.run(*DIFF, *asked, self._staged_base(), "--")))
        return sorted(found, key=lambda e: e.path)

    def staged_tree(self) -> tuple[str, str]:
        """Return what is staged as a tree's id, and the commit or tree that it changes.

        Raises:
            RepositoryError: There are merge conflicts.
        """
        return self._git.run("write-tree").decode().strip(), self._staged_base()

    def pushed(self, lines: Sequence[str], remote: str) -> list[tuple[str, str]]:
        """Return base and tip of what a push would bring; see `bot.git.push.pushed`."""
        return pushed(self._git, lines, remote)

    @property
    def stage(self) -> Stage:
        """The index, to read and to write single files."""
        return Stage(self._git)

    @property
    def commits(self) -> Commits:
        """What commits hold, whatever is checked out."""
        return Commits(self._git, self.root)

    def on_disk(self, paths: Sequence[str]) -> dict[str, Change | Skipped]:
        """Return the working files at `paths` (POSIX, under the root), whatever their names and size."""
        filters = Filters(max_bytes=1 << 40)
        chosen: list[tuple[Entry | Skipped, str]] = [(Entry(path, "H"), path) for path in paths]
        found = contents(self._git, chosen, base=None, staged=False, filters=filters)
        return {each.path: each for each in found}

    def recent_companions(self, path: str, limit: int = 5) -> list[str]:
        """Return the files most often committed together with `path` lately, at most `limit`."""
        if self._history is None:
            self._history = self._recent()
        return [other for other, _ in parse.companions(self._history, path).most_common(limit)]

    def close(self) -> None:
        """Forget what was read; git's processes end with each iterator."""
        self._history = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Which files

    def _entries(self, base: str | None, *, staged: bool) -> list[Entry]:
        if base is None:
            return [*self._index(), *self._untracked()]
        cached = ["--cached"] if staged else []
        changed = parse.raw_diff(split(self._git.run(*DIFF, "--raw", "-z", *cached, base, "--")))
        unmerged = {e.path: e for e in self._index("--unmerged")}
        changed = [e for e in changed if e.path not in unmerged] + list(unmerged.values())
        return changed if staged else changed + self._untracked()

    def _index(self, *more: str) -> list[Entry]:
        return parse.index(split(self._git.run("ls-files", "--stage", "-t", "-z", *more)))

    def _untracked(self) -> list[Entry]:
        listed = split(self._git.run("ls-files", "--others", "--exclude-standard", "-z"))
        # A repository inside this one is listed as a folder.
        return [Entry(p.rstrip("/"), "?", SUBMODULE if p.endswith("/") else 0o100644) for p in listed]

    def _choose(
        self, entries: list[Entry], paths: Sequence[str | Path], *, whole: bool
    ) -> list[tuple[Entry | Skipped, str]]:
        """Pair each entry under `paths` with the path it is under, sorted by path."""
        if not paths:
            return [(entry, "") for entry in sorted(entries, key=lambda e: e.path)]
        chosen: dict[str, tuple[Entry | Skipped, str]] = {}
        for written, given in given_paths(self.root, paths):
            found: list[Entry | Skipped] = [entry for entry in entries if under(entry.path, given)]
            if not found and not (self.root / given).exists():
                raise UsageError(f"{written}: no such file or folder")
            if not found and whole:  # ignored by git, but asked for by name
                found = [Entry(p, "?") if isinstance(p, str) else p for p in walk(self.root, given)]
            chosen |= {entry.path: (entry, given) for entry in found}
        return [chosen[path] for path in sorted(chosen)]

    # Revisions

    def _base(self, revision: str) -> str:
        if self.head() is None:
            raise RepositoryError(
                "there are no commits yet to compare with", hint="codebot annotate --staged"
            )
        commit = None if revision.startswith("-") or "\0" in revision else self._commit(revision)
        shallow = self._git.run("rev-parse", "--is-shallow-repository").strip() == b"true"
        if commit is None:
            hint = "git fetch gets what others have pushed; git branch --all lists what is here"
            if ".." in revision:
                hint = "name one revision; the merge base with HEAD is found by itself"
            raise RepositoryError(
                f"unknown revision {revision!r}", hint="git fetch --unshallow" if shallow else hint
            )
        base = self._git.run("merge-base", commit, "HEAD", accept=(0, 1)).decode().strip()
        if not base:
            raise RepositoryError(
                f"{revision} and HEAD have no common ancestor"
                + (" in this shallow clone" if shallow else ""),
                hint="git fetch --unshallow" if shallow else "",
            )
        return base

    def _staged_base(self) -> str:
        # The empty tree, by its name in this repository's kind of hash, stands for what was before.
        return (
            self.head() or self._git.run("hash-object", "-t", "tree", "--stdin", stdin=b"").decode().strip()
        )

    def _commit(self, revision: str) -> str | None:
        found = self._git.run("rev-parse", "--verify", "--quiet", revision + "^{commit}", accept=(0, 1, 128))
        return found.decode().strip() or None

    def _recent(self) -> list[list[str]]:
        if self.head() is None:
            return []
        separator = "//"  # no path is
        said = self._git.run(
            *("log", "-z", "--name-only", "--no-merges", "--no-renames", "--no-show-signature", "--no-color"),
            *(f"--max-count={_HISTORY}", "--format=%x2f%x2f"),
        )
        present = {e.path for e in self._index()}
        together = ([p for p in paths if p in present] for paths in parse.commits(split(said), separator))
        return [paths for paths in together if 1 < len(paths) <= _SWEEPING]
