"""The JSON contract: it fits its published schema, and comes back."""

from __future__ import annotations

import importlib.resources
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from bot.data import Failed, Hint, Rejected, Skipped
from bot.errors import UsageError
from bot.report import render
from bot.report.json import load, path_of

if TYPE_CHECKING:
    from bot.ledger import Review
    from tests.report.conftest import Maker

SOURCE = b"def a():\n    return 1\n"
ODD = b"d/caf\xe9.py".decode("utf-8", "surrogateescape")

HINT = Hint("5eed", "ruff", "F841", "unused \x1b[2J", 1, 1, "A mistake.", "https://x.invalid", "Remove it")


def full(make: Maker) -> Review:
    change = make.change("a.py", SOURCE)
    suggestion = make.suggestion(change, 1, 1, 'def a():\n    """Give \x1b[31mone.\u202e"""\n', symbol="a")
    return make.review(
        suggestion,
        make.suggestion(
            make.change("test_a.py", b"x"),
            1,
            1,
            "assert a\n",
            task="test",
            new_file=True,
            covers=(suggestion.chunk, make.chunk(make.change(ODD, SOURCE))),
        ),
        make.suggestion(make.change(ODD, SOURCE), 1, 1, 'def a():\n    """\udc80."""\n'),
        Rejected(suggestion.chunk, "unconfident", completions=suggestion.completions),
        Rejected(make.chunk(make.change(ODD, SOURCE)), "unsafe-fix", "why", hint=HINT),
        Failed(suggestion.chunk, "engine", "out of memory"),
        Failed(make.chunk(make.change(ODD, SOURCE)), "timeout"),
        Skipped("b.bin", "binary"),
        Skipped(ODD, "too-large", "3 MB"),
        Skipped("a.py", "documented", chunk=suggestion.chunk),
        style="google, with sections",
        notes=["A note."],
        files=3,
    )


def text_of(review: Review) -> str:
    stream = io.StringIO()
    render(review, "json", stream=stream)
    return stream.getvalue()


def schema() -> dict[str, Any]:
    file = importlib.resources.files("bot.report") / "schema" / "codebot-v1.schema.json"
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def keys(node: dict[str, Any], defs: dict[str, Any], at: str = "") -> set[str]:
    """Return the dotted names of every property that a schema describes."""
    node = {**defs[node["$ref"].rsplit("/", 1)[1]], **node} if "$ref" in node else node
    found = set()
    for name, child in node.get("properties", {}).items():
        found |= {f"{at}{name}"} | keys(child, defs, f"{at}{name}.")
    return found | (keys(node["items"], defs, at) if "items" in node else set())


def written(value: Any, at: str = "") -> set[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return {name for item in value for name in written(item, at)}
    if not isinstance(value, dict) or at in {
        "ledger.rejected.",
        "ledger.skipped.",
        "ledger.failed.",
        "tasks.",
    }:
        return set()
    return {f"{at}{name}" for name in value} | {
        n for name, v in value.items() for n in written(v, f"{at}{name}.")
    }


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("empty", [True, False])
def test_every_report_fits_the_published_schema(make: Maker, empty: bool) -> None:
    Draft202012Validator(schema()).validate(load(text_of(make.review() if empty else full(make))))


def test_every_key_that_is_written_is_described_and_the_other_way_round(make: Maker) -> None:
    published = schema()
    assert written(load(text_of(full(make)))) == keys(published, published["$defs"])


def test_the_contract_is_the_one_that_was_promised(make: Maker) -> None:
    """Other tools build on these names; changing one needs a new version."""
    report = load(text_of(full(make)))
    assert report["version"] == 1
    assert report["engine"] == {"url": "embedded:", "model": "codebot-mini", "build": "sha256:" + "ab" * 32}
    assert report["ledger"] == {
        "files": 3,
        "chunks": 11,
        "completed": 6,
        "cached": 0,
        "verified": 4,
        "rejected": {"unconfident": 1, "unsafe-fix": 1},
        "skipped": {"binary": 1, "documented": 1, "too-large": 1},
        "failed": {"engine": 1, "timeout": 1},
    }
    assert report["tasks"] == {"docstring": {**report["ledger"], "files": 0}}
    suggestion = report["suggestions"][0]
    assert suggestion.pop("evidence")[-1] == {"check": "confidence", "passed": True, "detail": "0.83 ≥ 0.70"}
    assert suggestion == {
        "id": "0001beef",
        "task": "docstring",
        "path": "a.py",
        "start_line": 1,
        "end_line": 1,
        "replacement": 'def a():\n    """Give \x1b[31mone.\u202e"""\n',
        "new_file": False,
        "symbol": "a",
        "covers": [],
        "language": "python",
        "message": "Add a docstring",
        "usage": {"prompt_tokens": 100, "completion_tokens": 4, "seconds": 0.5},
    }


def test_the_ledger_adds_up_for_whoever_reads_it(make: Maker) -> None:
    ledger = load(text_of(full(make)))["ledger"]
    assert ledger["chunks"] == (
        ledger["completed"]
        + ledger["cached"]
        + sum(ledger["skipped"].values())
        + sum(ledger["failed"].values())
    )
    assert ledger["completed"] + ledger["cached"] == ledger["verified"] + sum(ledger["rejected"].values())


def test_the_text_is_ascii_so_that_no_terminal_obeys_it(make: Maker) -> None:
    text = text_of(full(make))
    assert text.isascii()
    assert "\x1b" not in text


def test_a_name_that_is_not_utf_8_keeps_its_bytes(make: Maker) -> None:
    report = load(text_of(full(make)))
    odd = report["suggestions"][1]
    assert odd["path"] == "d/caf\\xe9.py"
    assert path_of(odd) == ODD
    assert path_of(report["suggestions"][0]) == "a.py"
    assert path_of(report["skipped_files"][1]) == ODD


def test_every_string_is_valid_unicode(make: Maker) -> None:
    json.dumps(load(text_of(full(make))), ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a codebot report"),
        ("null", "not a codebot report"),
        ('{"version": 1}', "not a codebot report"),
        ('{"version": 2, "suggestions": []}', "version 2; this codebot reads 1"),
        ('{"version": true, "suggestions": []}', "version True"),
    ],
)
def test_what_is_no_report_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load(text)
