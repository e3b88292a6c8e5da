"""A suggestion committed to the head's branch, through the git data interface: nothing is checked out."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from github import InputGitTreeElement

from bot.chunk.edit import apply_all
from bot.chunk.encoding import decode, encode, newline_of
from bot.data import Skipped
from bot.github.failures import Invalid, Missing
from bot.review.bodies import lines_hash, plain, suggested
from bot.review.identity import digest

if TYPE_CHECKING:
    from bot.github.api import Api
    from bot.review.values import Posted, Pull

__all__ = ["Fix", "NoFit", "push"]

_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")


@dataclass(frozen=True, slots=True)
class NoFit:
    """Why a suggestion cannot be applied, for people."""

    why: str


_DONE = NoFit("It is in the file already.")


@dataclass(frozen=True, slots=True)
class Fix:
    """A file's new bytes."""

    path: str
    raw: bytes
    identity: str

    @classmethod
    def of(cls, about: Posted, raw: bytes) -> Union[Fix, NoFit]:
        """Return the file `raw` with a comment's suggestion applied.

        Only what we posted is: the comment's text must have the hash that its signed marker names, and the
        lines it replaces must be those it was proven on, wherever in the file they are now.
        """
        data = about.mark.data
        text = suggested(about.body)
        if text is None or digest(text) != data.get("b"):
            return NoFit("That comment was edited since I wrote it, so it is no longer what was proven.")
        decoded = decode(about.path, raw)
        if isinstance(decoded, Skipped):
            return NoFit("The file cannot be read as text any more.")
        source, encoding = decoded
        count = int(data.get("n", 1))
        start = _find(source, count, str(data.get("a")), about.start_line or about.line)
        if start is None:
            return (
                _DONE if text and text in plain(source.decode()) else NoFit("Those lines have changed since.")
            )
        end = start + count - 1
        # an insertion leaves the line it is anchored to: look whether the text around it is there already
        height = text.count("\n")
        whole = digest(text.removesuffix("\n"))
        if text and whole in {
            lines_hash(source, first, first + height - 1) for first in (start, end - height + 1)
        }:
            return _DONE
        new = text.replace("\n", newline_of(source))
        if end >= source.count(b"\n") + 1 and not source.endswith(b"\n"):
            new = new.removesuffix(newline_of(source))  # the file's last line keeps its missing end
        return cls(about.path, encode(apply_all(source, [(start, end, new)]), encoding), about.identity)


def push(api: Api, pull: Pull, fix: Fix, asked_by: str) -> str:
    """Commit a fix to the head's branch and return the commit's id.

    The branch moves only if it still is where the pull request was read: never by force.

    Raises:
        Denied: The token may not write contents.
        Invalid: The branch has moved.
        ForgeError: GitHub does not answer, or refuses.
    """
    where = api.repository(pull.repository)
    head = api.read(lambda: where.get_git_commit(pull.head))
    mode = _mode(api, pull, head.tree.sha, fix.path)
    content = base64.b64encode(fix.raw).decode()
    blob = api.write(lambda: where.create_git_blob(content, "base64"))
    entry = InputGitTreeElement(fix.path, mode, "blob", sha=blob.sha)
    tree = api.write(lambda: where.create_git_tree([entry], head.tree))
    by = f"\n\nAsked for by {asked_by}." if _LOGIN.fullmatch(asked_by) else ""
    message = f"Apply suggestion {fix.identity[:6]} of codebot{by}"
    commit = api.write(lambda: where.create_git_commit(message, tree, [head]))
    ref = api.read(lambda: where.get_git_ref(f"heads/{pull.head_ref}").complete())
    api.write(lambda: ref.edit(commit.sha, force=False))
    return commit.sha


def _find(source: bytes, count: int, wanted: str, near: int | None) -> int | None:
    """Return the first of `count` lines with the hash `wanted`: at `near`, or else the only ones."""
    total = source.count(b"\n") + (not source.endswith(b"\n"))
    starts = [n for n in range(1, total - count + 2) if lines_hash(source, n, n + count - 1) == wanted]
    if near in starts:
        return near
    return starts[0] if len(starts) == 1 else None


def _mode(api: Api, pull: Pull, tree: str, path: str) -> str:
    """Return a file's mode, folder by folder: a recursive listing may be cut short.

    Raises:
        Missing: It is not there.
        Invalid: It is no file.
    """
    where = api.repository(pull.repository)
    *folders, name = path.split("/")
    for folder in folders:
        entries = api.read(lambda sha=tree: where.get_git_tree(sha).tree)  # type: ignore[misc]
        tree = next((e.sha for e in entries if e.path == folder and e.type == "tree"), "")
        if not tree:
            raise Missing(f"{path} is not there any more")
    entries = api.read(lambda: where.get_git_tree(tree).tree)
    found = next((e for e in entries if e.path == name), None)
    if found is None:
        raise Missing(f"{path} is not there any more")
    if found.type != "blob" or found.mode not in {"100644", "100755"}:
        raise Invalid(f"{path} is no regular file")
    return found.mode
