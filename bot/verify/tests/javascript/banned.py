"""What no test of JavaScript may do: sleep, reach out, depend on this machine or day, or assert nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.chunk.nodes import text
from bot.chunk.tree import parse, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.chunk.tree import Node

__all__ = ["asserts", "banned", "parses"]

_CALLS = (
    (r"set(?:Timeout|Interval|Immediate)|(?:timers\.|timersPromises\.).*|sleep|delay|wait", "sleeps"),
    (
        r"Date\.now|performance\.now|process\.hrtime(?:\.bigint)?|process\.uptime|console\.time",
        "tells the time",
    ),
    (r"Math\.random|crypto\.random\w+|(?:crypto\.)?getRandomValues|randomUUID", "draws random numbers"),
    (
        r"fetch|XMLHttpRequest|WebSocket|EventSource|(?:https?|net|tls|dgram|dns|http2)\.\w+",
        "uses the network",
    ),
    (r"(?:child_process\.)?(?:exec|execSync|spawn|spawnSync|fork|execFile\w*)", "starts a program"),
    (r"process\.(?:exit|abort|kill|reallyExit|chdir)", "ends or moves the process"),
    (r"process\.cwd|os\.\w+", "depends on the machine"),
    (r"eval|Function", "runs text as code"),
    (
        r"(?:it|test|describe|suite)\.(?:skip|only|todo|skipIf|runIf|fails|failing)|x(?:it|test|describe)",
        "skips tests",
    ),
    (r"(?:vi|jest|mock)\.\w+", "replaces what it tests"),
    (r"(?:fs|fsp|fs\.promises)\.\w+", "reads or writes files"),
)
_MODULES = re.compile(
    r"^(?:node:)?(?:http|https|http2|net|tls|dgram|dns|child_process|cluster|worker_threads|fs|fs/promises|os"
    r"|timers|timers/promises|vm|v8|inspector|process)$"
)
_ABSOLUTE = re.compile(r"^['\"`](?:/(?:home|root|Users|tmp|var|private|work|mnt|opt)/|[A-Za-z]:\\\\)")


def parses(language: str, source: str) -> bool:
    """Whether a file's text is in the language's syntax."""
    tree = parse(language, source.encode())
    return tree is not None and not tree.root_node.has_error


def banned(body: str) -> str:
    """Return in words why a test's body must not be shown, or the empty string."""
    source = _wrapped(body)
    for node in _nodes(source):
        said = text(node, source)
        why = _why(node, said, source)
        if why:
            return f"line {max(node.start_point[0], 1)} {why}"
    return ""


def _why(  # noqa: PLR0911 - one return for each kind of thing
    node: Node, said: str, source: bytes
) -> str:
    if node.type in {"call_expression", "new_expression"}:
        name = text(node.child_by_field_name("function") or node.child_by_field_name("constructor"), source)
        given = text(node.child_by_field_name("arguments"), source)
        if name in {"require", "import"}:
            return _imported(given)
        if name == "Date" and not given.strip("() \n"):
            return "tells the time"
        return next((why for pattern, why in _CALLS if re.fullmatch(pattern, name)), "")
    if node.type == "import_statement":
        return _imported(said)
    if node.type == "string" and _ABSOLUTE.match(said):
        return "names a path of this machine"
    if node.type == "member_expression" and re.match(r"process\.(?:env|pid|argv|platform)\b", said):
        return "depends on the machine"
    if node.type == "catch_clause" and re.fullmatch(r"catch\s*(?:\([^)]*\))?\s*\{\s*\}", said):
        return "swallows errors"
    return ""


def _imported(said: str) -> str:
    for name in re.findall(r"['\"`]([^'\"`]+)['\"`]", said):
        if _MODULES.match(name):
            return f"uses {name}"
    return ""


def asserts(body: str) -> bool:
    """Whether a test's body asserts something that is not always so."""
    source = _wrapped(body)
    for node in _nodes(source):
        if node.type != "call_expression":
            continue
        name = text(node.child_by_field_name("function"), source)
        given = node.child_by_field_name("arguments")
        if re.match(r"assert\b|t\.assert\b", name) and given is not None and _varies(given):
            return True
        found = re.match(r"(?:await\s+)?expect\(", name)
        if found and node.child_by_field_name("function") is not None:
            inner = node.child_by_field_name("function")
            if inner is not None and any(_varies(each) for each in _calls(inner, "expect", source)):
                return True
    return False


def _calls(node: Node, name: str, source: bytes) -> Iterator[Node]:
    for each in walk(node):
        if each.type == "call_expression" and text(each.child_by_field_name("function"), source) == name:
            given = each.child_by_field_name("arguments")
            if given is not None:
                yield given


def _varies(node: Node) -> bool:
    """Whether an expression holds a name or a call, so that the code under test has a say in it."""
    return any(each.type in {"identifier", "call_expression", "member_expression"} for each in walk(node))


def _wrapped(body: str) -> bytes:
    return f"async () => {{\n{body}\n}}".encode()


def _nodes(source: bytes) -> Iterator[Node]:
    tree = parse("typescript", source)
    return walk(tree.root_node) if tree is not None else iter(())
