"""A pull request and its files, through the interface alone; nothing is checked out."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from bot.errors import ForgeError
from bot.github.failures import Missing, TooLarge
from bot.review.hunks import read_patch
from bot.review.values import FileDiff, Pull

if TYPE_CHECKING:
    from collections.abc import Iterable

    from github.File import File
    from github.PullRequest import PullRequest

    from bot.github.api import Api

__all__ = ["MOST_FILES", "blob", "content", "diff", "permission", "pull"]

MOST_FILES = 3000  # https://docs.github.com/rest/pulls/pulls#list-pull-requests-files: the rest is left out
_COMPARED = 300  # the same for comparing commits
_STATUS = {"added": "A", "copied": "A", "removed": "D", "renamed": "R"}
_ALLOWED = frozenset({"admin", "maintain", "write"})


def pull(api: Api, repository: str, number: int) -> Pull:
    """Return a pull request as it is now.

    Raises:
        ForgeError: There is none of this number, or the token may not see it.
    """
    return api.read(lambda: _pull(repository, api.repository(repository).get_pull(number)))


def diff(api: Api, found: Pull) -> tuple[str, list[FileDiff], list[str]]:
    """Return the merge base, the files between it and the head, and what the reader should know.

    Raises:
        TooLarge: GitHub does not compute this diff.
        ForgeError: GitHub does not answer, or refuses.
    """
    notes: list[str] = []

    def compared() -> tuple[str, list[FileDiff]]:
        both = api.repository(found.repository).compare(found.base, found.head, comparison_commits_per_page=1)
        return both.merge_base_commit.sha, _files(both.files)

    try:
        base, files = api.read(compared)
    except Missing as error:  # the head was rewritten, or its repository deleted together with its objects
        raise ForgeError(f"the commits of #{found.number} are gone: {error}", hint="Push again.") from error
    except TooLarge:
        base, files = "", []
    if not files or len(files) >= _COMPARED:
        files = (
            api.read(lambda: _files(api.repository(found.repository).get_pull(found.number).get_files()))
            or files
        )
    if len(files) < found.changed_files:
        notes.append(
            f"GitHub lists {len(files)} of {found.changed_files} changed files; "
            "run in a checkout with its history (fetch-depth: 0) to review all."
        )
    return base, files, notes


def blob(api: Api, repository: str, sha: str) -> bytes:
    """Return the bytes of a blob.

    Raises:
        ForgeError: There is none, or GitHub does not give it.
    """

    def read() -> bytes:
        found = api.repository(repository).get_git_blob(sha)
        return base64.b64decode(found.content) if found.encoding == "base64" else found.content.encode()

    return api.read(read)


def content(api: Api, repository: str, path: str, ref: str) -> tuple[bytes, str] | None:
    """Return a file at a commit and its blob's id; None where there is none, or none that can be read."""

    def read() -> tuple[bytes, str] | None:
        found = api.repository(repository).get_contents(path, ref=ref)
        if isinstance(found, list) or found.encoding != "base64":
            return None  # a folder, a submodule, or more than a megabyte
        return found.decoded_content, found.sha

    try:
        return api.read(read)
    except Missing:
        return None


def permission(api: Api, repository: str, login: str) -> bool:
    """Whether somebody may write to the repository; a comment's own word on that is not asked."""
    try:
        said = api.read(lambda: api.repository(repository).get_collaborator_permission(login))
    except Missing:
        return False
    return said in _ALLOWED


def _pull(repository: str, found: PullRequest) -> Pull:
    head = found.head.repo
    return Pull(
        repository=repository,
        repository_id=found.base.repo.id,
        number=found.number,
        head=found.head.sha,
        base=found.base.sha,
        head_ref=found.head.ref,
        head_repository=head.full_name if head is not None else "",
        base_ref=found.base.ref,
        draft=found.draft,
        open=found.state == "open",
        changed_files=found.changed_files,
    )


def _files(found: Iterable[File]) -> list[FileDiff]:
    return [_file(each) for each in found]


def _file(found: File) -> FileDiff:
    status = _STATUS.get(found.status, "M")
    patch = read_patch(found.patch) if found.patch else None
    old = found.previous_filename if status == "R" else None
    return FileDiff(
        path=found.filename,
        status=status,
        blob=found.sha or "",
        old_path=old,
        spans=patch.spans if patch else (),
        # a rename alone has no patch and no changed line; without a patch of a change, all may be new
        changed=patch.changed if patch else (() if found.changes == 0 else None),
        patch=patch is not None,
    )
