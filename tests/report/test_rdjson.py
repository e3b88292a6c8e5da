"""rdjson: reviewdog's own messages take it, and its suggestions make the files that --apply would."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from bot.chunk.edit import apply_all
from bot.report import render
from tests.report.test_json import ODD, full
from tests.report.test_patch import FILES

if TYPE_CHECKING:
    from bot.ledger import Review
    from tests.report.conftest import Maker

SOURCE = b"def a():\n    return 1\n"
EDIT = (1, 1, 'def a():\n    """Give one."""\n')
MESSAGES = {  # of reviewdog's proto/rdf/reviewdog.proto: field, number, type ("*" for repeated)
    "Position": [("line", 1, "int32"), ("column", 2, "int32")],
    "Range": [("start", 1, "Position"), ("end", 2, "Position")],
    "Location": [("path", 2, "string"), ("range", 3, "Range")],
    "Source": [("name", 1, "string"), ("url", 2, "string")],
    "Code": [("value", 1, "string"), ("url", 2, "string")],
    "Suggestion": [("range", 1, "Range"), ("text", 2, "string")],
    "Diagnostic": [
        ("message", 1, "string"),
        ("location", 2, "Location"),
        ("severity", 3, "Severity"),
        ("source", 4, "Source"),
        ("code", 5, "Code"),
        ("suggestions", 6, "*Suggestion"),
    ],
    "DiagnosticResult": [
        ("diagnostics", 1, "*Diagnostic"),
        ("source", 2, "Source"),
        ("severity", 3, "Severity"),
    ],
}


def message_class() -> Any:  # noqa: ANN401 - protobuf makes it
    file = descriptor_pb2.FileDescriptorProto(name="rdf.proto", package="rdf", syntax="proto3")
    severity = file.enum_type.add(name="Severity")
    for number, name in enumerate(["UNKNOWN_SEVERITY", "ERROR", "WARNING", "INFO"]):
        severity.value.add(name=name, number=number)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            plain = kind.lstrip("*")
            types = {"int32": 5, "string": 9, "Severity": 14}
            row = message.field.add(name=field, number=number, type=types.get(plain, 11))
            row.label = 3 if kind.startswith("*") else 1
            if plain not in {"int32", "string"}:
                row.type_name = f".rdf.{plain}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("rdf.DiagnosticResult"))


def written(review: Review) -> dict[str, Any]:
    stream = io.StringIO()
    render(review, "rdjson", stream=stream)
    json_format.Parse(stream.getvalue(), message_class()())  # refuses what no field of its takes
    found: dict[str, Any] = json.loads(stream.getvalue())
    return found


def diagnostics(review: Review) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = written(review)["diagnostics"]
    return found


def test_it_is_a_message_of_reviewdog(make: Maker) -> None:
    assert written(make.review()) == {"source": {"name": "codebot"}, "diagnostics": []}
    first, *rest = diagnostics(full(make))
    assert first["code"] == {"value": "docstring"}
    assert first["severity"] == "INFO"
    assert first["location"] == {"path": "a.py", "range": {"start": {"line": 1}, "end": {"line": 1}}}
    assert [one["code"]["value"] for one in rest] == ["docstring", "test", "ruff F841"]


def test_what_no_field_takes_would_be_noticed() -> None:
    with pytest.raises(json_format.ParseError):
        json_format.Parse('{"diagnostics": [{"line": 1}]}', message_class()())


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "carriage returns"])
def test_the_suggestions_make_what_apply_would(make: Maker, kind: str) -> None:
    """Without columns a range is whole lines, the last line's ending left out."""
    encoding, text, edits = FILES[kind]
    change = make.change("a.py", text.encode(encoding))
    lines = re.split("(\r?\n)", change.source.decode())  # text and ending in turn
    for found in reversed(diagnostics(make.review(*(make.suggestion(change, *edit) for edit in edits)))):
        (suggestion,) = found["suggestions"]
        start, end = (suggestion["range"][side]["line"] for side in ("start", "end"))
        lines[2 * start - 2 : 2 * end - 1] = [suggestion["text"]]
    assert "".join(lines).encode() == apply_all(change.source, edits)


def test_a_file_that_others_see_as_one_line_gets_no_suggestion_in_the_wrong_place(make: Maker) -> None:
    change = make.change("a.py", b"def a():\r    return 1\r")
    (found,) = diagnostics(make.review(make.suggestion(change, 1, 1, 'def a():\r    """Give."""\r')))
    assert "suggestions" not in found


def test_a_new_file_is_in_the_message(make: Maker) -> None:
    subject = make.chunk(make.change("src/a.py", SOURCE), 1, "a")
    new = "import a\n\nDOC = '''\n```\n'''\n"
    fresh = make.suggestion(
        make.change("tests/test_a.py", b"x"), 1, 1, new, task="test", new_file=True, covers=(subject,)
    )
    (found,) = diagnostics(make.review(fresh))
    assert found["location"]["path"] == "src/a.py"
    assert f"New file `tests/test_a.py`:\n\n````python\n{new}````\n" in found["message"]


def test_a_message_pings_nobody_and_breaks_out_of_nothing(make: Maker) -> None:
    path = "a`@team`b #1 <img src=x>.py"
    change = make.change(path, SOURCE)
    (found,) = diagnostics(
        make.review(make.suggestion(change, *EDIT, message=f"Document the module `{path}` @all\n# big"))
    )
    outside = re.sub(r"`[^`]*`", "", found["message"].replace("\\`", ""))
    assert "@t" not in outside
    assert "@a" not in outside
    assert "#1" not in outside
    assert re.search(r"(?<!\\)<", outside) is None
    assert "\n#" not in found["message"]


def test_a_name_that_is_not_utf_8_can_be_written(make: Maker) -> None:
    (found,) = diagnostics(make.review(make.suggestion(make.change(ODD, SOURCE), *EDIT)))
    assert found["location"]["path"] == "d/caf\\xe9.py"
