"""GitHub's own description of its interface as a judge of requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import jsonschema

__all__ = ["Description"]

FILE = Path(__file__).parents[1] / "github_double" / "openapi.json"


class Description:
    """The OpenAPI subset in `tests/github_double`, made by `subset.py` there."""

    def __init__(self) -> None:
        paths = json.loads(FILE.read_text("utf-8"))["paths"]
        self._paths = [(_pattern(template), operations) for template, operations in paths.items()]

    def violations(self, method: str, path: str, query: str, body: bytes) -> list[str]:
        """Return what is wrong with a request, in words; GraphQL has another description."""
        if path == "/graphql":
            return []
        matching = [(m, ops) for pattern, ops in self._paths if (m := pattern.fullmatch(path))]
        if not matching:
            return [f"{method} {path}: there is no such path"]
        for match, operations in matching:
            operation = operations.get(method.lower())
            if operation is not None:
                where = f"{method} {path}"
                return [f"{where}: {each}" for each in _judge(operation, match.groupdict(), query, body)]
        return [f"{method} {path}: there is no such method"]


def _judge(operation: dict[str, Any], values: dict[str, str], query: str, body: bytes) -> list[str]:
    found = []
    given = {name: several[-1] for name, several in parse_qs(query, keep_blank_values=True).items()}
    known = set()
    for parameter in operation.get("parameters", ()):
        name, where = parameter["name"], parameter["in"]
        if where not in {"path", "query"}:
            continue
        known.add(name)
        text = unquote(values[name]) if where == "path" else given.get(name)
        if text is None:
            if parameter.get("required"):
                found.append(f"lacks {name}")
            continue
        found += _errors(_typed(text, parameter["schema"]), parameter["schema"], name)
    found += [f"unknown parameter {name}" for name in given if name not in known]
    wanted = operation.get("requestBody")
    if wanted:
        schema = wanted["content"]["application/json"]["schema"]
        try:
            found += _errors(json.loads(body), schema, "body")
        except ValueError:
            found.append("the body is no JSON")
    elif body not in {b"", b"null"}:
        found.append("a body where none is expected")
    return found


def _errors(value: object, schema: dict[str, Any], name: str) -> list[str]:
    return [
        f"{name}: {e.json_path}: {e.message}" for e in jsonschema.Draft4Validator(schema).iter_errors(value)
    ]


def _typed(text: str, schema: dict[str, Any]) -> object:
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _pattern(template: str) -> re.Pattern[str]:
    # GitHub's {path}, {ref} and {basehead} may hold slashes; others do not.
    pieces = re.split(r"\{(\w+)\}", template)
    made = ""
    for number, piece in enumerate(pieces):
        if number % 2:
            made += f"(?P<{piece}>{'.+' if piece in {'path', 'ref', 'basehead'} else '[^/]+'})"
        else:
            made += re.escape(piece)
    return re.compile(made)
