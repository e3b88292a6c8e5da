"""Contents of many files: forty in a GraphQL request, and what that cannot give exactly one by one.

A token of GitHub Actions has 1,000 requests an hour for a repository; a pull request may have 3,000 files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

from bot.chunk.encoding import blob_id
from bot.errors import ForgeError
from bot.github.pulls import blob

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.github.api import Api

__all__ = ["blobs", "query_blobs"]

_FEW = 3  # that many are asked for one by one


def query_blobs(count: int) -> str:
    """Return the GraphQL query for `count` blobs, whose ids are its variables."""
    names = range(count)
    declared = "".join(f", $b{n}: GitObjectID!" for n in names)
    fields = " ".join(f"b{n}: object(oid: $b{n}) {{ ... on Blob {{ text isTruncated }} }}" for n in names)
    return (
        f"query($owner: String!, $name: String!{declared}) "
        f"{{ repository(owner: $owner, name: $name) {{ {fields} }} }}"
    )


def blobs(api: Api, repository: str, ids: Sequence[str]) -> dict[str, Union[bytes, ForgeError]]:
    """Return the bytes of blobs by id, or why one could not be had."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Union[bytes, ForgeError]] = dict(_together(api, repository, wanted))
    for each in wanted:
        if each not in found:
            try:
                found[each] = blob(api, repository, each)
            except ForgeError as error:
                found[each] = error
    return found


def _together(api: Api, repository: str, ids: Sequence[str]) -> dict[str, bytes]:
    """Return what GraphQL gives whole. Its text is decoded: only what hashes to its id again is exact."""
    if len(ids) <= _FEW:
        return {}
    owner, _, name = repository.partition("/")
    variables = {"owner": owner, "name": name, **{f"b{n}": each for n, each in enumerate(ids)}}
    try:
        data = api.graphql(query_blobs(len(ids)), variables)["repository"]
    except (ForgeError, KeyError, TypeError):
        return {}
    found = {}
    for n, each in enumerate(ids):
        text = (data.get(f"b{n}") or {}).get("text")
        if isinstance(text, str) and blob_id(raw := text.encode("utf-8", "surrogatepass")) == each:
            found[each] = raw
    return found
