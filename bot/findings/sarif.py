"""SARIF 2.1.0, as linters and scanners write it.

Source: the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0", sections 3.14
(run), 3.27 (result), 3.30 (region) and 3.55 (fix).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.findings.finding import Finding, Region, Replace, ToolFix, Unit, clipped
from bot.findings.paths import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ESLINT", "is_sarif", "read"]

ESLINT = "ESLint"  # as its formatter calls it

Row = "Mapping[str, Any]"
_WRONG = frozenset({"fail", "review", "open"})  # kinds of result that complain


def is_sarif(data: object) -> bool:
    """Whether parsed JSON says of itself that it is SARIF."""
    return isinstance(data, dict) and isinstance(data.get("runs"), list) and "version" in data


def read(data: object, root: str) -> tuple[list[Finding], int]:
    """Return the findings of a log, and how many name a file outside of the repository.

    Results that are suppressed, gone since a baseline or no complaint are left out.

    Raises:
        ValueError: It is not SARIF 2.1.0; the text says where.
    """
    if not isinstance(data, dict) or not isinstance(data.get("runs"), list):
        raise ValueError("no list of runs")  # noqa: TRY004 - what is wrong is the report, not our call
    if data.get("version") != "2.1.0":
        raise ValueError(f"SARIF {str(data.get('version'))[:20]}; this reads 2.1.0")
    found: list[Finding] = []
    strangers = 0
    for number, run in enumerate(data["runs"], 1):
        try:
            results = run.get("results") or []
            described = _Run(run, root)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"run {number}: {_said(error)}") from error
        for position, result in enumerate(results, 1):
            try:
                if _complains(result):
                    one = described.finding(result)
                    found += [one] if one else []
                    strangers += one is None
            except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
                raise ValueError(f"run {number}, result {position}: {_said(error)}") from error
    return found, strangers


def _complains(result: Mapping[str, Any]) -> bool:
    suppressed = any(s.get("status", "accepted") == "accepted" for s in result.get("suppressions") or ())
    gone = result.get("baselineState") == "absent"
    return result.get("kind", "fail") in _WRONG and not suppressed and not gone


class _Run:
    """What the results of one run refer to."""

    def __init__(self, run: Mapping[str, Any], root: str) -> None:
        driver = run["tool"]["driver"]
        self._tool = _name(str(driver.get("name") or "sarif"))
        self._root = root
        extensions = run["tool"].get("extensions") or []
        self._rules = list(driver.get("rules") or [])
        rows = [*self._rules, *(rule for each in extensions for rule in each.get("rules") or [])]
        self._by_id: dict[str, Mapping[str, Any]] = {str(rule.get("id")): rule for rule in rows}
        self._artifacts = list(run.get("artifacts") or [])
        self._bases = dict(run.get("originalUriBaseIds") or {})
        characters = run.get("columnKind") == "unicodeCodePoints"
        self._unit: Unit = "characters" if characters else "utf16"

    def finding(self, result: Mapping[str, Any]) -> Finding | None:
        """Return a result as a finding, None where it is about no file of the repository."""
        locations = result.get("locations") or []
        place = locations[0].get("physicalLocation") if locations else None
        path = self._path(place["artifactLocation"]) if place else None
        if place is None or path is None:
            return None
        rule = self._rule(result)
        name = str(result.get("ruleId") or (result.get("rule") or {}).get("id") or rule.get("id") or "")
        return Finding(
            tool=self._tool,
            rule=_name(name),
            message=clipped(_message(result.get("message") or {}, rule)),
            path=path,
            region=self._region(place.get("region") or {"startLine": 1}),
            fix=next(self._fixes(result, path), None),
            name=_name(str(rule.get("name") or "")),
            url=_url(str(rule.get("helpUri") or "")),
            output=clipped(_text(rule.get("fullDescription") or rule.get("shortDescription") or {})),
        )

    def _rule(self, result: Mapping[str, Any]) -> Mapping[str, Any]:
        index = result.get("ruleIndex", (result.get("rule") or {}).get("index", -1))
        if isinstance(index, int) and 0 <= index < len(self._rules):
            row: Mapping[str, Any] = self._rules[index]
            return row
        return self._by_id.get(str(result.get("ruleId")), {})

    def _path(self, location: Mapping[str, Any]) -> str | None:
        if "uri" not in location:
            index = int(location["index"])
            if not 0 <= index < len(self._artifacts):
                return None
            location = self._artifacts[index]["location"]
        uri, base = str(location["uri"]), location.get("uriBaseId")
        seen = 0
        while base is not None and ":" not in uri.split("/", 1)[0] and seen <= len(self._bases):
            parent = self._bases.get(base) or {}
            uri, base = str(parent.get("uri") or "") + uri, parent.get("uriBaseId")
            seen += 1
        return inside(uri, self._root)

    def _region(self, row: Mapping[str, Any]) -> Region:
        return Region(
            int(row["startLine"]),
            int(row.get("startColumn") or 0),
            int(row.get("endLine") or 0),
            int(row.get("endColumn") or 0),
            self._unit,
        )

    def _fixes(self, result: Mapping[str, Any], path: str) -> Iterator[ToolFix]:
        """Yield the fixes that edit only the file of the finding."""
        for fix in result.get("fixes") or ():
            changes = fix["artifactChanges"]
            if all(self._path(change["artifactLocation"]) == path for change in changes):
                edits = tuple(
                    Replace(
                        self._deleted(each["deletedRegion"]),
                        str((each.get("insertedContent") or {}).get("text") or ""),
                    )
                    for change in changes
                    for each in change["replacements"]
                )
                # SARIF has no word for how safe a fix is; what is shown has to be proven anyway
                yield ToolFix(edits, clipped(_text(fix.get("description") or {})), safe=True)

    def _deleted(self, row: Mapping[str, Any]) -> Region:
        """Return a region to replace; one without an end is a place to insert at."""
        region = self._region(row)
        if region.end_line or region.end_column or not region.start_column:
            return region
        return Region(
            region.start_line, region.start_column, region.start_line, region.start_column, self._unit
        )


def _message(message: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """Return the text of a message; `{0}` in it stands for an argument."""
    text = str(message.get("text") or message.get("markdown") or "")
    if not text and "id" in message:
        text = _text((rule.get("messageStrings") or {}).get(str(message["id"])) or {})
    for number, argument in enumerate(message.get("arguments") or ()):
        text = text.replace(f"{{{number}}}", str(argument))
    return text or _text(rule.get("shortDescription") or {}) or "no message"


def _text(message: Mapping[str, Any]) -> str:
    return str(message.get("text") or message.get("markdown") or "")


def _name(text: str) -> str:
    """Return a name on one line, of a length that a line takes."""
    return " ".join(text.split())[:120]


def _url(text: str) -> str:
    return text if text.startswith(("https://", "http://")) and len(text) < 1_000 else ""  # noqa: PLR2004


def _said(error: Exception) -> str:
    return f"lacks {error}" if isinstance(error, KeyError) else clipped(str(error), 200)
