"""JUnit XML of failing tests: which failed, with what, and which lines of the code its traceback names.

There is no standard; this reads what the reporters of pytest, unittest, Jest, Mocha, Go and Surefire have in
common. Entities and document types are refused: nothing of a report is looked up or expanded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.findings.finding import clipped
from bot.findings.paths import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Failure", "is_xml", "read"]

_PYTHON = re.compile(r'File "([^"\n]{1,1000})", line (\d{1,7})')
_PYTEST = re.compile(r"^([^\s:][^:\n]{0,1000}):(\d{1,7}): ", re.MULTILINE)
_SCRIPT = re.compile(r"\(?((?:file://)?[\w./\\@ -]{1,1000}\.\w{1,4}):(\d{1,7}):\d{1,7}\)?")
_MOST = 400  # frames of one failure


@dataclass(frozen=True, slots=True)
class Failure:
    """A test that failed. `frames` are (path below the root, line), the innermost last."""

    name: str  # "tests.test_sums.Sums::test_double[1]": class name and name as the report has them
    file: str  # of the test, below the root; "" where the report does not say
    message: str
    output: str
    frames: tuple[tuple[str, int], ...]


def is_xml(raw: bytes) -> bool:
    """Whether a report is XML."""
    return raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def read(raw: bytes, root: str) -> list[Failure]:
    """Return the tests that failed.

    Raises:
        ValueError: It is not JUnit XML; the text says why.
    """
    from defusedxml import ElementTree  # noqa: PLC0415 - only where there is a report
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - likewise

    try:
        tree: Any = ElementTree.fromstring(raw, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ValueError(
            f"has a document type or entities, which are not read ({type(error).__name__})"
        ) from error
    except ElementTree.ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    if tree.tag not in {"testsuites", "testsuite"}:
        raise ValueError(f"not JUnit XML: its root is <{str(tree.tag)[:40]}>")
    return [_failure(case, told, root) for case in tree.iter("testcase") for told in _told(case)]


def _told(case: Any) -> Iterator[Any]:  # noqa: ANN401 - an element
    """Yield the first failure or error of a test."""
    found = next((child for child in case if child.tag in {"failure", "error"}), None)
    if found is not None:
        yield found


def _failure(case: Any, told: Any, root: str) -> Failure:  # noqa: ANN401 - elements
    text = "".join(told.itertext())
    message = told.get("message") or next((line for line in text.splitlines() if line.strip()), "")
    kind, name = case.get("classname") or "", case.get("name") or ""
    return Failure(
        name=clipped(f"{kind}::{name}" if kind else name, 500),
        file=inside(case.get("file") or "", root) or "",
        message=clipped(message.strip() or "failed", 1_000),
        output=clipped(text.strip()),
        frames=tuple(_frames(text, root)),
    )


def _frames(text: str, root: str) -> Iterator[tuple[str, int]]:
    found = []
    for pattern in (_PYTHON, _PYTEST, _SCRIPT):
        found += [(m.start(), m[1].strip(), int(m[2])) for m in pattern.finditer(text)]
    for _, path, line in sorted(found)[-_MOST:]:
        where = inside(path, root)
        if where is not None and line > 0:
            yield where, line
