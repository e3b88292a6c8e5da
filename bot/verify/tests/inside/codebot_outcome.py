"""What came of a call, described so that a test can assert it: a result, an error, output, a change."""

from __future__ import annotations

import io
import linecache
import os
import traceback

from codebot_render import render, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["MUTABLE", "content", "described", "raised", "says_what_it_is"]

MUTABLE = (list, dict, set, bytearray, io.StringIO)
_TEXT = 120  # characters of what an object calls itself


def described(  # noqa: PLR0911, PLR0917 - all that a call leaves, and a return for each kind
    result: Any, wrap: str, out: str, args: list[Any], before: list[Any], receiver: Any, was: list[Any]
) -> dict[str, Any]:
    """Describe what a call that raised nothing came to; the kind "none" is nothing that can be asserted."""
    if result is None and not wrap:
        if out:
            return {"kind": "prints", "text": out}
        if changed := _changed(args, before):
            return changed
        now = state(receiver) if was or receiver is not None else []
        if receiver is not None and not isinstance(receiver, type) and now != was:
            return {"kind": "state", **_attributes([each for each in now if each not in was])}
    told = render(result)
    if told is not None:
        if result is None:
            return {"kind": "none"}
        return {"kind": "value", "source": told[0], "imports": told[1], "wrap": wrap,
                "float": type(result) is float}  # fmt: skip
    if not wrap and says_what_it_is(result):
        return {"kind": "text", "name": type(result).__name__, "text": str(result)}
    if wrap in ("", "list") and (spelled := _spelled(result)):
        return {"kind": "value", "source": spelled, "imports": [], "wrap": "str", "float": False}
    attributes = state(result, properties=True)
    if attributes and not wrap:
        return {"kind": "attrs", "name": type(result).__name__, **_attributes(attributes)}
    return {"kind": "none"}


def _changed(args: list[Any], before: list[Any]) -> dict[str, Any]:
    """Return the first argument that is no longer what it was; nothing where all are."""
    for index, (value, old) in enumerate(zip(args, before)):
        new = render(content(value)) if old is not None else None
        if new is not None and new != old:
            read = ".getvalue()" if isinstance(value, io.StringIO) else ""
            return {"kind": "mutates", "index": index, "source": new[0], "imports": new[1], "read": read}
    return {}


def content(value: Any) -> Any:
    """Return what of an argument can be compared: of a stream, what was written to it."""
    if not isinstance(value, io.StringIO):
        return value
    return None if value.closed else value.getvalue()


def _spelled(result: Any) -> str:
    """Return what the objects of a list call themselves, as text; "" where there is no such list."""
    if type(result) not in (list, tuple) or not all(map(says_what_it_is, result)):
        return ""
    told = render([str(each) for each in result])
    return told[0] if told is not None else ""


def says_what_it_is(value: Any) -> bool:
    """Whether an object's class spells it out, in a line without an address."""
    kind: Any = type(value)
    own = kind.__str__ is not object.__str__ or kind.__repr__ is not object.__repr__
    try:
        text = str(value) if own and kind.__module__ != "builtins" else ""
    except Exception:  # noqa: BLE001 - a text with a mind of its own
        return False
    return 0 < len(text) <= _TEXT and text.isprintable() and " at 0x" not in text


def _own(file: str, path: str) -> bool:
    """Whether a file is of the repository, that of the module under test or another one."""
    real = os.path.realpath(file)
    if real == os.path.realpath(path):
        return True
    inside = real.startswith(os.path.realpath(os.getcwd()) + os.sep)
    return inside and not {"site-packages", ".codebot"} & set(real.split(os.sep))


def _attributes(found: list[list[Any]]) -> dict[str, Any]:
    return {"attrs": [each[:2] for each in found], "imports": [need for each in found for need in each[2]]}


def raised(error: BaseException, path: str) -> dict[str, Any]:
    """Describe an error that the code means to raise; one that a bad guess brought about says nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    kind = type(error)
    last = frames[-1] if frames else None
    meant = last is not None and _own(last.filename, path)
    line = linecache.getline(last.filename, last.lineno or 0).strip() if last is not None else ""
    if not meant or not line.startswith("raise") or "<" in kind.__qualname__ or kind is NotImplementedError:
        return {"kind": "error", "detail": kind.__name__}
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - an error that cannot say what it is
        message = ""
    return {"kind": "raises", "name": kind.__qualname__, "module": kind.__module__, "message": message}
