"""A GitHub on loopback: pull requests over a real git repository, with the rules that GitHub documents.

Every request is judged by GitHub's own OpenAPI description (`violations`). A review is all or nothing; a
comment has to lie in one hunk of the diff between merge base and head; there is one pending review for each
author; a comment whose line left the diff is outdated. `fault` breaks chosen requests, before or after they
take effect.

What no double proves: how GitHub renders Markdown and applies a suggestion, how it computes diffs of odd
files, and when exactly it calls a comment outdated.
"""

from __future__ import annotations

import base64
import subprocess
import threading
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from tests.github.history import History
from tests.github.serving import Serving
from tests.github.values import Answer, Call, Fault, Refusal, Request, Somebody

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Double", "Fault", "Request", "Somebody"]

LONGEST = 65_536  # characters of a body


@dataclass
class Double(Serving, History):
    """The state, and a server in front of it; use it as a context manager."""

    git: Path  # a bare repository
    name: str = "octo/app"
    people: dict[str, str] = field(default_factory=lambda: {"maintainer": "write", "stranger": "read"})
    tokens: dict[str, Somebody] = field(default_factory=dict)
    base_ref: str = "main"
    head_ref: str = "feature"
    head_repository: str | None = "octo/app"
    draft: bool = False
    state: str = "open"
    graphql: bool = True
    listed: int = 3000  # files at most
    reviews: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    fault: Callable[[Request], Fault | None] = lambda _request: None
    url: str = ""
    _next: int = 1000
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # ---- what a person does

    def resolve(self, comment: dict[str, Any], login: str) -> None:
        """Resolve a comment's thread."""
        comment["resolved"] = login

    def shown(self) -> list[dict[str, Any]]:
        """Return the review comments with the line that they have now; None where they are outdated."""
        return [self._comment(c) for c in self.comments]

    # ---- routes

    def route(self, method: str, path: str, call: Call) -> Answer:
        """Find the method for a path, such as `_get_pulls`."""
        if not call.who.login:
            raise Refusal(401, "Bad credentials")
        if path == "/user":
            if call.who.bot:
                raise Refusal(403, "Resource not accessible by integration")
            return 200, {"login": call.who.login, "id": 1, "type": "User"}
        if path == "/graphql":
            return 200, self._graphql(call.data["query"], call.data["variables"], call.who)
        prefix = f"/repos/{self.name}"
        if not path.startswith(prefix):
            raise Refusal(404, "Not Found")
        parts = path.removeprefix(prefix).strip("/").split("/")
        handler = getattr(self, f"_{method.lower()}_{parts[0].replace('-', '_')}", None)
        if handler is None:
            raise Refusal(404, "Not Found")
        answer: Answer = handler(replace(call, parts=parts[1:]))
        return answer

    def _get_pulls(self, call: Call) -> Answer:
        if call.parts[0] != "1":
            raise Refusal(404, "Not Found")
        if call.parts[1:] == ["files"]:
            return 200, self.files()[: self.listed]
        if call.parts[1:] == ["comments"]:
            return 200, self.shown()
        if call.parts[1:] == ["reviews"]:
            visible = [
                r for r in self.reviews if r["state"] != "PENDING" or r["user"]["login"] == call.who.login
            ]
            return 200, list(visible)
        return 200, self._pull()

    def _pull(self) -> dict[str, Any]:
        repository = {"id": 77, "full_name": self.name, "name": self.name.partition("/")[2]}
        head = {**repository, "id": 78, "full_name": self.head_repository} if self.head_repository else None
        return {
            "number": 1,
            "url": f"{self.url}/repos/{self.name}/pulls/1",
            "state": self.state,
            "draft": self.draft,
            "title": "a pull request",
            "changed_files": len(self.files()),
            "head": {"sha": self.head, "ref": self.head_ref, "repo": head},
            "base": {"sha": self.base, "ref": self.base_ref, "repo": repository},
        }

    def _post_pulls(self, call: Call) -> Answer:
        self._allowed(call.who, "comment")
        if call.parts[1:] == ["reviews"]:
            return 200, self._review(call.data, call.who)
        if len(call.parts) == 4 and call.parts[1] == "comments" and call.parts[3] == "replies":
            parent = self._find(self.comments, call.parts[2])
            return 201, self._comment(self._add(parent, call.data["body"], call.who, reply=parent["id"]))
        if self._pending(call.who):
            raise Refusal(422, "user_id can only have one pending review per pull request")
        self._anchored(call.data, call.data.get("commit_id"))
        return 201, self._comment(self._add(call.data, call.data["body"], call.who))

    def _review(self, data: dict[str, Any], who: Somebody) -> dict[str, Any]:
        if self._pending(who):
            raise Refusal(422, "User can only have one pending review per pull request")
        for comment in data.get("comments", ()):
            self._anchored(comment, data.get("commit_id"))
        if data.get("event") == "COMMENT" and not data.get("body"):
            raise Refusal(422, "body is required")
        state = {"COMMENT": "COMMENTED", None: "PENDING"}.get(data.get("event"))
        if state is None:
            raise Refusal(422, "event is not one of those")
        review = {"id": self._number(), "state": state, "body": data.get("body", ""), "user": _user(who)}
        review["pull_request_url"] = f"{self.url}/repos/{self.name}/pulls/1"
        self.reviews.append(review)
        for comment in data.get("comments", ()):
            self._add({**comment, "commit_id": data["commit_id"]}, comment["body"], who)
        return review

    def _pending(self, who: Somebody) -> bool:
        return any(r["state"] == "PENDING" and r["user"]["login"] == who.login for r in self.reviews)

    def _anchored(self, comment: dict[str, Any], commit: str | None) -> None:
        """Refuse what GitHub's documentation says is refused."""
        if commit != self.head:
            raise Refusal(422, "commit_id is not part of the pull request")
        spans = self.spans(comment["path"])
        line, start = comment.get("line"), comment.get("start_line")
        if comment.get("side", "RIGHT") != "RIGHT":
            raise Refusal(422, "a suggestion on the left side")
        if line is None or not any(a <= line <= b for a, b in spans):
            raise Refusal(422, "pull_request_review_thread.line must be part of the diff")
        if start is not None and not any(a <= start < line <= b for a, b in spans):
            raise Refusal(422, "start_line must be part of the same hunk as the line")
        self._sized(comment["body"])

    def _sized(self, body: str) -> None:
        if len(body) > LONGEST:
            raise Refusal(422, "body is too long (maximum is 65536 characters)")

    def _add(
        self, place: dict[str, Any], body: str, who: Somebody, reply: int | None = None
    ) -> dict[str, Any]:
        number = self._number()
        keys = ("path", "line", "start_line", "commit_id")
        comment = {key: place.get(key) for key in keys}
        comment |= {
            "id": number,
            "body": body,
            "user": who,
            "reply": reply,
            "resolved": "",
            "minimized": False,
        }
        self.comments.append(comment)
        return comment

    def _comment(self, c: dict[str, Any]) -> dict[str, Any]:
        line, start = self._moved(c)
        return {
            "id": c["id"],
            "node_id": f"PRRC_{c['id']}",
            "url": f"{self.url}/repos/{self.name}/pulls/comments/{c['id']}",
            "html_url": f"https://github.example/{self.name}/pull/1#discussion_r{c['id']}",
            "path": c["path"],
            "body": c["body"],
            "user": _user(c["user"]),
            "line": line,
            "start_line": start,
            "original_line": c["line"],
            "original_start_line": c["start_line"],
            "side": "RIGHT",
            "commit_id": self.head,
            "original_commit_id": c["commit_id"],
            "in_reply_to_id": c["reply"],
        }

    def _moved(self, c: dict[str, Any]) -> tuple[int | None, int | None]:
        """Follow a comment's lines to the head; where one changed, or left the diff, it is outdated."""
        if c["line"] is None:
            return None, None
        first, last = c["start_line"] or c["line"], c["line"]
        if c["commit_id"] != self.head:
            old, new = self.text(c["commit_id"], c["path"]), self.text(self.head, c["path"])
            blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
            block = next((b for b in blocks if b.a <= first - 1 and last <= b.a + b.size), None)
            if block is None:
                return None, None
            first, last = first + block.b - block.a, last + block.b - block.a
        if not any(a <= first and last <= b for a, b in self.spans(c["path"])):
            return None, None
        return last, first if first < last else None

    def _patch_pulls(self, call: Call) -> Answer:
        self._allowed(call.who, "comment")
        comment = self._find(self.comments, call.parts[1])
        self._sized(call.data["body"])
        comment["body"] = call.data["body"]
        return 200, self._comment(comment)

    def _delete_pulls(self, call: Call) -> Answer:
        self._allowed(call.who, "comment")
        review = self._find(self.reviews, call.parts[2])
        if review["state"] != "PENDING":
            raise Refusal(422, "Can not delete a non-pending pull request review")
        self.reviews.remove(review)
        return 200, review

    def _get_issues(self, _call: Call) -> Answer:
        return 200, list(self.notes)

    def _post_issues(self, call: Call) -> Answer:
        self._allowed(call.who, "comment")
        self._sized(call.data["body"])
        number = self._number()
        url = f"{self.url}/repos/{self.name}/issues/comments/{number}"
        self.notes.append({"id": number, "body": call.data["body"], "user": _user(call.who), "url": url})
        return 201, self.notes[-1]

    def _patch_issues(self, call: Call) -> Answer:
        self._allowed(call.who, "comment")
        self._sized(call.data["body"])
        note = self._find(self.notes, call.parts[1])
        note["body"] = call.data["body"]
        return 200, note

    def _get_compare(self, call: Call) -> Answer:
        base, _, head = "/".join(call.parts).partition("...")
        if (self.rev(base), self.rev(head)) != (self.base, self.head):
            raise Refusal(404, "Not Found")
        return 200, {"merge_base_commit": {"sha": self.merge_base}, "files": self.files()[:300]}

    def _get_commits(self, call: Call) -> Answer:
        return 200, {
            "sha": self.rev(call.parts[0]),
            "url": f"{self.url}/repos/{self.name}/commits/{call.parts[0]}",
        }

    def _get_contents(self, call: Call) -> Answer:
        path = "/".join(call.parts)
        try:
            blob = self.run("rev-parse", f"{call.query['ref']}:{path}").decode().strip()
            raw = self.run("cat-file", "blob", blob)
        except subprocess.CalledProcessError as error:
            raise Refusal(404, "Not Found") from error
        return 200, {
            "path": path,
            "sha": blob,
            "encoding": "base64",
            "content": base64.b64encode(raw).decode(),
        }

    def _get_collaborators(self, call: Call) -> Answer:
        if call.parts[0] not in self.people:
            raise Refusal(404, "Not Found")
        return 200, {"permission": self.people[call.parts[0]], "role_name": "", "user": None}

    def _get_git(self, call: Call) -> Answer:
        kind, name = call.parts[0], "/".join(call.parts[1:])
        url = f"{self.url}/repos/{self.name}/git"
        try:
            if kind == "blobs":
                raw = self.run("cat-file", "blob", name)
                return 200, {"sha": name, "encoding": "base64", "content": base64.b64encode(raw).decode()}
            if kind == "commits":
                tree = self.run("rev-parse", f"{name}^{{tree}}").decode().strip()
                return 200, {
                    "sha": name,
                    "url": f"{url}/commits/{name}",
                    "tree": {"sha": tree, "url": f"{url}/trees/{tree}"},
                }
            if kind == "trees":
                listed = self.run("ls-tree", "-z", name).decode().split("\0")[:-1]
                rows = [(*each.split("\t")[0].split(), each.split("\t")[1]) for each in listed]
                entries = [{"mode": m, "type": t, "sha": s, "path": p} for m, t, s, p in rows]
                return 200, {"sha": name, "url": f"{url}/trees/{name}", "tree": entries, "truncated": False}
        except subprocess.CalledProcessError as error:
            raise Refusal(404, "Not Found") from error
        sha = self.rev(f"refs/{name}")
        return 200, {
            "ref": f"refs/{name}",
            "url": f"{url}/refs/{name}",
            "object": {"sha": sha, "type": "commit"},
        }

    def _post_git(self, call: Call) -> Answer:
        self._allowed(call.who, "contents")
        url = f"{self.url}/repos/{self.name}/git"
        if call.parts[0] == "blobs":
            raw = base64.b64decode(call.data["content"])
            return 201, {
                "sha": self.run("hash-object", "-w", "--stdin", feed=raw).decode().strip(),
                "url": url,
            }
        if call.parts[0] == "trees":
            return 201, {"sha": self._tree(call.data), "url": url}
        made = self.run(
            "commit-tree", call.data["tree"], "-p", call.data["parents"][0], "-m", call.data["message"]
        )
        return 201, {"sha": made.decode().strip(), "url": url}

    def _tree(self, data: dict[str, Any]) -> str:
        index = {"GIT_INDEX_FILE": str(self.git / "double-index")}

        def git(*argv: str) -> str:
            command = ["git", "-C", str(self.git), *argv]
            return subprocess.run(
                command, check=True, capture_output=True, text=True, env=index
            ).stdout.strip()

        git("read-tree", data["base_tree"])
        for entry in data["tree"]:
            git("update-index", "--add", "--cacheinfo", f"{entry['mode']},{entry['sha']},{entry['path']}")
        return git("write-tree")

    def _patch_git(self, call: Call) -> Answer:
        self._allowed(call.who, "contents")
        name = "/".join(call.parts[1:])
        old = self.rev(f"refs/{name}")
        if self.run("merge-base", old, call.data["sha"]).decode().strip() != old and not call.data.get(
            "force"
        ):
            raise Refusal(422, "Update is not a fast forward")
        self.run("update-ref", f"refs/{name}", call.data["sha"])
        return 200, {"ref": f"refs/{name}", "object": {"sha": call.data["sha"], "type": "commit"}}

    def _post_check_runs(self, call: Call) -> Answer:
        self._allowed(call.who, "checks")
        number = self._number()
        url = f"{self.url}/repos/{self.name}/check-runs/{number}"
        self.checks.append({"id": number, "url": url, "annotations": [], **call.data})
        self._annotate(self.checks[-1], call.data)
        return 201, {"id": number, "url": url, "name": call.data["name"]}

    def _patch_check_runs(self, call: Call) -> Answer:
        self._allowed(call.who, "checks")
        check = self._find(self.checks, call.parts[0])
        check |= {key: value for key, value in call.data.items() if key != "output"}
        self._annotate(check, call.data)
        return 200, {"id": check["id"], "url": check["url"], "name": check["name"]}

    def _annotate(self, check: dict[str, Any], data: dict[str, Any]) -> None:
        found = data.get("output", {}).get("annotations", [])
        if len(found) > 50:
            raise Refusal(422, "no more than 50 annotations a request")
        check["annotations"] += found

    def _graphql(self, query: str, variables: dict[str, Any], who: Somebody) -> dict[str, Any]:
        if not self.graphql:
            raise Refusal(404, "Not Found")
        if query.startswith("mutation"):
            return self._mutate(query, variables["id"], who)
        if "reviewThreads" in query:
            nodes = [
                {
                    "id": f"PRRT_{c['id']}",
                    "isResolved": bool(c["resolved"]),
                    "resolvedBy": {"login": c["resolved"].removesuffix("[bot]")} if c["resolved"] else None,
                    "comments": {"nodes": [{"id": f"PRRC_{c['id']}", "isMinimized": c["minimized"]}]},
                }
                for c in self.comments
                if c["reply"] is None
            ]
            start = int(variables["after"] or 0)
            page = {"hasNextPage": len(nodes) > start + 100, "endCursor": str(start + 100)}
            threads = {"pageInfo": page, "nodes": nodes[start : start + 100]}
            pull = {"reviewThreads": threads}
            return {"data": {"viewer": {"login": who.login}, "repository": {"pullRequest": pull}}}
        wanted = {n: each for n, each in variables.items() if n[0] == "b" and n[1:].isdecimal()}
        texts = [raw.decode("utf-8", "replace") for raw in self.blobs(list(wanted.values()))]
        found = {n: {"text": text, "isTruncated": False} for n, text in zip(wanted, texts, strict=True)}
        return {"data": {"repository": found}}

    def _mutate(self, query: str, subject: str, who: Somebody) -> dict[str, Any]:
        comment = self._find(self.comments, subject.partition("_")[2])
        if "ResolveReviewThread" in query or "resolveReviewThread" in query:
            if "resolve" not in who.may:
                return {
                    "errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]
                }
            comment["resolved"] = "" if "unresolve" in query else who.login
        else:
            comment["minimized"] = "unminimize" not in query
        return {"data": {}}

    def _allowed(self, who: Somebody, what: str) -> None:
        if what not in who.may:
            raise Refusal(403, "Resource not accessible by integration")

    def _find(self, rows: list[dict[str, Any]], number: str) -> dict[str, Any]:
        found = next((row for row in rows if str(row["id"]) == number), None)
        if found is None:
            raise Refusal(404, "Not Found")
        return found

    def _number(self) -> int:
        self._next += 1
        return self._next


def _user(who: Somebody) -> dict[str, Any]:
    return {"login": who.login, "type": "Bot" if who.bot else "User", "id": 1}
