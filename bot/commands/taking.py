"""Take kept suggestions: into the index, and into the working file where its own edits leave room."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.apply import replacing
from bot.chunk.encoding import encode, newline_of
from bot.data import Change, Skipped
from bot.errors import CodebotError, DriftError
from bot.take.fit import Fitted, Misfit, Present, edited, fit, rebase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.git import Repository
    from bot.git.stage import Staged
    from bot.take.kept import Kept

__all__ = ["Taking", "take"]

_NEW_FILE = 0o100644


@dataclass(slots=True)
class Taking:
    """What came of taking suggestions; every one is in exactly one of the first three."""

    taken: list[Kept] = field(default_factory=list)
    present: list[Kept] = field(default_factory=list)  # were there already
    refused: list[Misfit] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)  # paths that are staged only: deleted on disk
    left: list[Kept] = field(default_factory=list)  # what was not chosen, for the files as they are now


@dataclass(slots=True)
class _Plan:
    """What is to be written, before anything is."""

    repo: Repository
    result: Taking
    staged: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    before: dict[str, Staged] = field(default_factory=dict)  # of those that exist
    fitted: dict[str, list[Fitted]] = field(default_factory=dict)
    written: dict[str, bytes] = field(default_factory=dict)
    read: dict[str, bytes] = field(default_factory=dict)  # the working files as `written` found them
    fresh: set[str] = field(default_factory=set)

    def new(self, several: list[Kept], known: Staged | str, disk: Change | Skipped) -> None:
        """Plan a file that is not there yet."""
        path = several[0].path
        text = "".join(each.replacement for each in several).encode()
        missing = isinstance(disk, Skipped) and disk.reason == "deleted"
        same = isinstance(disk, Change) and disk.raw == text
        if not isinstance(known, str) or not (missing or same):
            self.result.refused += [Misfit(each, "there is a file of this name now") for each in several]
            return
        if missing:
            self.written[path] = text
            self.fresh.add(path)
        self.staged[path] = (_NEW_FILE, text)
        self.result.taken += several

    def edit(self, several: list[Kept], known: Staged, disk: Change | Skipped) -> None:
        """Plan one file, dropping suggestions until those that are left fit both places."""
        places = [fit(each, known.source, known.blob) for each in several]
        self.result.refused += [place for place in places if isinstance(place, Misfit)]
        self.result.present += [place.kept for place in places if isinstance(place, Present)]
        fitted = [place for place in places if isinstance(place, Fitted)]
        while fitted:
            try:
                source = edited(known.source, fitted, newline_of(known.source))
                raw = encode(source, known.encoding)
                working = _working(self.repo, fitted, (known, source, raw), disk)
            except UnicodeEncodeError as error:
                why = f"{error.encoding} cannot spell {error.object[error.start]!r}"
                working = [Misfit(each.kept, why) for each in fitted]
            if isinstance(working, list):
                self.result.refused += working
                out = {id(each.kept) for each in working}
                fitted = [each for each in fitted if id(each.kept) not in out]
                continue
            self._settle(fitted, known, raw, working, disk)
            return

    def _settle(
        self, fitted: list[Fitted], known: Staged, raw: bytes, working: bytes | None, disk: Change | Skipped
    ) -> None:
        path = known.path
        if working is None:
            self.result.unwritten.append(path)
        elif isinstance(disk, Change):
            self.written[path], self.read[path] = working, disk.raw
        self.staged[path] = (known.mode, raw)
        self.before[path], self.fitted[path] = known, fitted
        self.result.taken += [each.kept for each in fitted]

    def write(self, *, index: bool) -> None:
        """Write everything: the index in one step, between making the files ready and putting them in place.

        Raises:
            DriftError: Something else wrote a file meanwhile; nothing is changed.
        """
        stage = self.repo.stage
        entries = {path: (mode, stage.store(raw)) for path, (mode, raw) in self.staged.items()}
        staged = False
        try:
            with replacing(self.repo.root, self.written, self.fresh):
                self._check()
                if index and entries:
                    stage.put(entries)
                    staged = True
        except BaseException:
            if staged:
                self._undo()
            raise
        if staged:
            stage.refresh()

    def _check(self) -> None:
        for path, raw in self.read.items():
            if (self.repo.root / path).read_bytes() != raw:
                raise DriftError(f"{path} was written by something else just now; nothing is changed")

    def _undo(self) -> None:
        with contextlib.suppress(CodebotError):  # what is reported is why it came to this
            self.repo.stage.put({path: (known.mode, known.blob) for path, known in self.before.items()})
            self.repo.stage.drop([path for path in self.staged if path not in self.before])

    def move(self, others: Sequence[Kept]) -> None:
        """Carry what was not chosen over to the files as they are now."""
        now = self.repo.stage.read(sorted(self.fitted))
        for each in others:
            after, before = now.get(each.path, ""), self.before.get(each.path)
            moved = before is not None and before.blob == each.blob and not isinstance(after, str)
            self.result.left.append(
                rebase(each, self.fitted[each.path], after.blob)
                if moved and not isinstance(after, str)
                else each
            )


def take(
    repo: Repository, chosen: Sequence[Kept], others: Sequence[Kept] = (), *, strict: bool, stage: bool = True
) -> Taking:
    """Take `chosen`, and say what came of each.

    The index gets a suggestion where its function is staged as it was when the suggestion was made. The
    working file gets it too: in the same function, or merged with unstaged edits. Where neither works out,
    the suggestion is refused and nothing of it is written, so no edit is ever lost or undone.

    Args:
        repo: The repository.
        chosen: What to take.
        others: What is kept besides, which moves with the lines.
        strict: Take nothing at all if anything is refused.
        stage: Also write the index; else only working files.

    Raises:
        DriftError: Something else wrote a file meanwhile; nothing is changed.
        UsageError: A working file cannot be written.
        RepositoryError: Another git process holds the index.
    """
    plan = _Plan(repo, Taking())
    by_path: dict[str, list[Kept]] = defaultdict(list)
    for each in chosen:
        by_path[each.path].append(each)
    index, disk = repo.stage.read(sorted(by_path)), repo.on_disk(sorted(by_path))
    for path, several in sorted(by_path.items()):
        known = index[path]
        if several[0].new_file:
            plan.new(several, known, disk[path])
        elif isinstance(known, str):
            plan.result.refused += [Misfit(each, known) for each in several]
        else:
            plan.edit(several, known, disk[path])
    if strict and plan.result.refused:
        plan.result.taken, plan.result.present = [], []
        return plan.result
    plan.write(index=stage)
    plan.move(others)
    return plan.result


def _working(
    repo: Repository, fitted: list[Fitted], staged: tuple[Staged, bytes, bytes], disk: Change | Skipped
) -> bytes | list[Misfit] | None:
    """Return what the working file is to hold; None where there is none, or what does not fit it."""
    known, source, raw = staged
    if isinstance(disk, Skipped):
        why = f"the working file is {disk.reason} {disk.detail}".rstrip()
        return None if disk.reason == "deleted" else [Misfit(each.kept, why) for each in fitted]
    if disk.raw == known.raw:
        return raw
    places = [fit(each.kept, disk.source, "") for each in fitted]
    if not any(isinstance(place, Misfit) for place in places):
        mine = [place for place in places if isinstance(place, Fitted)]
        return encode(edited(disk.source, mine, disk.newline), disk.encoding)
    base, theirs = (_with_newline(text, disk.newline) for text in (known.source, source))
    merged = repo.stage.merge(base, disk.source, theirs)
    if merged is not None:
        return encode(merged, disk.encoding)
    why = "has edits on the same lines that are not staged; git add or git stash them first"
    return [Misfit(place.kept, why) for place in places if isinstance(place, Misfit)]


def _with_newline(source: bytes, newline: str) -> bytes:
    return source.replace(b"\r\n", b"\n").replace(b"\n", newline.encode()) if newline != "\r" else source
