"""Cut GitHub's OpenAPI description down to the requests that codebot sends.

    npm install --no-save @octokit/openapi@23.0.2
    python subset.py node_modules/@octokit/openapi/generated/api.github.com.json openapi.json

Kept are parameters and request bodies, references resolved, unknown fields forbidden; responses are left out.
The source is MIT-licensed: https://github.com/octokit/openapi.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

OPERATIONS = """
GET /user
GET /repos/{owner}/{repo}/pulls/{pull_number}
GET /repos/{owner}/{repo}/pulls/{pull_number}/files
GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews
POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews
DELETE /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}
GET /repos/{owner}/{repo}/pulls/{pull_number}/comments
POST /repos/{owner}/{repo}/pulls/{pull_number}/comments
POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies
PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}
GET /repos/{owner}/{repo}/issues/{issue_number}/comments
POST /repos/{owner}/{repo}/issues/{issue_number}/comments
PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}
GET /repos/{owner}/{repo}/compare/{basehead}
GET /repos/{owner}/{repo}/commits/{ref}
GET /repos/{owner}/{repo}/contents/{path}
GET /repos/{owner}/{repo}/collaborators/{username}/permission
GET /repos/{owner}/{repo}/git/blobs/{file_sha}
POST /repos/{owner}/{repo}/git/blobs
GET /repos/{owner}/{repo}/git/trees/{tree_sha}
POST /repos/{owner}/{repo}/git/trees
GET /repos/{owner}/{repo}/git/commits/{commit_sha}
POST /repos/{owner}/{repo}/git/commits
GET /repos/{owner}/{repo}/git/ref/{ref}
PATCH /repos/{owner}/{repo}/git/refs/{ref}
POST /repos/{owner}/{repo}/check-runs
PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}
"""
DROPPED = {"description", "example", "examples", "externalDocs", "x-github", "summary", "tags", "operationId"}


class Resolver:
    """Takes references and prose out of a description."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole = whole

    def resolve(self, node: object, *, closed: bool = False) -> Any:  # noqa: ANN401 - JSON
        """Return `node` with references resolved; with `closed`, objects forbid fields they do not name."""
        if isinstance(node, list):
            return [self.resolve(each, closed=closed) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            found: Any = self._whole
            for part in node["$ref"].split("/")[1:]:
                found = found[part]
            return self.resolve(found, closed=closed)
        made: dict[str, Any] = {}
        for key, value in node.items():
            if key == "properties":  # of which one may itself be called "description"
                made[key] = {name: self.resolve(each, closed=closed) for name, each in value.items()}
            elif key not in DROPPED:
                made[key] = self.resolve(value, closed=closed)
        if closed and made.get("type") == "object" and "properties" in made:
            made.setdefault("additionalProperties", False)
        return made


def main(source: Path, target: Path) -> None:
    """Write the subset of `source` to `target`."""
    whole = json.loads(source.read_text("utf-8"))
    resolver = Resolver(whole)
    paths: dict[str, Any] = {}
    for method, path in (line.split() for line in OPERATIONS.strip().split("\n")):
        operation = whole["paths"][path][method.lower()]
        kept: dict[str, Any] = {"responses": {"default": {"description": ""}}}
        if "parameters" in operation:
            kept["parameters"] = resolver.resolve(operation["parameters"])
        if "requestBody" in operation:
            kept["requestBody"] = resolver.resolve(operation["requestBody"], closed=True)
        paths.setdefault(path, {})[method.lower()] = kept
    info = {"title": "GitHub, requests only", "version": whole["info"]["version"]}
    subset = {"openapi": whole["openapi"], "info": info, "paths": paths}
    target.write_text(json.dumps(subset, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
