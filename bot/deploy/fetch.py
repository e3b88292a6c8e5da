"""Published weights onto this machine, with what they were recorded (only `huggingface_hub`)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from bot.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["RECORD", "fetch"]

RECORD = "codebot-fetch.json"
_WANTED = [
    "*.safetensors",
    "*.safetensors.index.json",
    "*.json",
    "*.txt",
    "*.model",
    "*.jinja",
    "LICENSE*",
    "README*",
]


def fetch(
    name: str, target: Path, *, revision: str = "main", token: str | None = None, endpoint: str | None = None
) -> str:
    """Download a model into `target`, taking up where an earlier try ended, and return its commit.

    The commit that `revision` names now is what is downloaded, and is recorded with each file's SHA-256
    in `codebot-fetch.json`; a folder that holds this commit whole is left as it is.

    Args:
        name: OWNER/NAME on the hub.
        target: Folder that gets the files.
        revision: Branch, tag or commit.
        token: Access token; default: the one that huggingface_hub finds (HF_TOKEN, or its login).
        endpoint: Another hub's address.

    Raises:
        EngineError: There is no such model, no access to it, or no connection.
    """
    try:
        from huggingface_hub import HfApi  # noqa: PLC0415 - half a second
    except ImportError as error:
        raise EngineError("huggingface_hub is not installed", hint="pip install huggingface_hub") from error
    api = HfApi(endpoint=endpoint, token=token)
    try:
        commit = str(api.model_info(name, revision=revision).sha)
        if _whole(target, name, commit):
            return commit
        api.snapshot_download(name, revision=commit, local_dir=target, allow_patterns=_WANTED)
    except Exception as error:  # the library raises its own, its client's and the system's errors
        hint = "is the name right, does HF_TOKEN have access, and were the model's terms accepted?"
        raise EngineError(f"{name} cannot be fetched: {_first_line(error)}", hint=hint) from error
    files = [
        p for p in sorted(target.rglob("*")) if p.is_file() and ".cache" not in p.parts and p.name != RECORD
    ]
    sums = {p.relative_to(target).as_posix(): _sha256(p) for p in files}
    record = {"model": name, "asked": revision, "commit": commit, "sha256": sums}
    (target / RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    return commit


def _whole(target: Path, name: str, commit: str) -> bool:
    """Return whether `target` has this commit as it was recorded; files that changed since are removed."""
    try:
        kept = json.loads((target / RECORD).read_text("utf-8"))
        if (kept["model"], kept["commit"]) != (name, commit):
            return False
        sums = dict(kept["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    spoilt = [
        target / f
        for f, digest in sums.items()
        if not (target / f).is_file() or _sha256(target / f) != digest
    ]
    for file in spoilt:
        file.unlink(missing_ok=True)  # the library would take it for whole by its name and time
    return not spoilt


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
