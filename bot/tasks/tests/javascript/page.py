"""A test file of JavaScript as a whole: a new one, or an existing one with tests added at its end."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from bot.chunk.tree import parse
from bot.languages import detect
from bot.tasks.tests.file import Page
from bot.tasks.tests.javascript.imports import Needs, bound, header, imports_end, needs_of, same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.data import Change
    from bot.tasks.tests.javascript.compose import Written
    from bot.tasks.tests.javascript.imports import Sheet
    from bot.tasks.tests.javascript.layout import Habits

__all__ = ["page", "titles"]

NOTE = "Pins today's behaviour: the expected values were observed, not specified."


def titles(old: Change | None) -> set[str]:
    """Return whatever a test file's strings say: names of tests that are in use."""
    source = old.source.decode("utf-8", "replace") if old is not None else ""
    return {found[1] for found in re.findall(r"(['\"`])((?:(?!\1)[^\\\n]|\\.)*)\1", source)}


def page(sheet: Sheet, tests: Sequence[Written], *, order: int | None = None) -> Page | None:
    """Put tests into a file.

    Args:
        sheet: The file.
        tests: What to put in.
        order: Seed to shuffle the new ones by.

    Returns:
        The page, or None where the old file cannot take any: it does not parse, or binds a name that the
        tests need to something else.
    """
    some = list(tests)
    if order is not None:
        random.Random(order).shuffle(some)  # noqa: S311 - an order, not a secret
    body = _body(sheet, some)
    needs = needs_of(sheet, {one.called for one in tests})
    if sheet.old is None:
        whole = f"{header(sheet, needs)}\n{body}"
        return Page(sheet.path, whole, 1, 1, whole)
    return _added(sheet, needs, body)


def _body(sheet: Sheet, tests: Sequence[Written]) -> str:
    known = sheet.habits
    lines = [f"// {NOTE}"]
    groups: dict[str, list[Written]] = defaultdict(list)
    for one in tests:
        groups[one.subject.qualname].append(one)
    for number, some in enumerate(groups.values()):
        if number:
            lines.append("")
        if known.blocks:
            shown = sheet.locals[some[0].called][0]
            shown += f".{some[0].subject.name}" if some[0].subject.owner else ""
            lines.append(f"describe({known.quote}{shown}{known.quote}, () => {{")
        for n, one in enumerate(some):
            if n:
                lines.append("")
            lines += _test(one, known, "it" if known.blocks else "test", known.indent if known.blocks else "")
        if known.blocks:
            lines.append(f"}}){known.semicolon}")
    return "\n".join(lines) + "\n"


def _test(one: Written, known: Habits, word: str, indent: str) -> Iterator[str]:
    start = "async () => {" if one.awaited else "() => {"
    yield f"{indent}{word}({_quoted(one.title, known.quote)}, {start}"
    for line in one.text.split("\n"):
        inner = re.sub(r"^(?: {2})+", lambda m: known.indent * (len(m[0]) // 2), line) if one.case else line
        yield f"{indent}{known.indent}{inner}" if line else ""
    yield f"{indent}}}){known.semicolon}"


def _quoted(title: str, quote: str) -> str:
    other = "'" if quote == '"' else '"'
    quote = other if quote in title and other not in title else quote
    said = title.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return f"{quote}{said}{quote}"


def _added(sheet: Sheet, needs: Needs, body: str) -> Page | None:
    assert sheet.old is not None  # noqa: S101 - there is a file to add to
    source = sheet.old.source.decode("utf-8", "replace")
    language = detect(sheet.path)
    tree = parse(language, sheet.old.source)
    if tree is None or tree.root_node.has_error:
        return None
    lacking = _lacking(needs, dict(bound(tree.root_node, sheet.old.source)))
    if lacking is None:
        return None
    feed = "\r\n" if "\r\n" in source else "\n"
    plain = source.replace("\r\n", "\n")
    lines = plain.removesuffix("\n").split("\n")
    count = len(lines)
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    extra = [line for line in header(sheet, lacking).split("\n") if line]
    at = imports_end(tree.root_node, sheet.old.source)
    start = min(max(at, 1), len(lines)) if extra else len(lines)
    kept = lines[start - 1 :]
    if extra:
        inside = max(at - start + 1, 0)
        kept = [*kept[:inside], *extra, *kept[inside:]]
    new = "\n".join([*kept, "", body.rstrip("\n")]) + "\n"
    whole = "".join(f"{line}\n" for line in lines[: start - 1]) + new
    return Page(sheet.path, whole.replace("\n", feed), start, count, new.replace("\n", feed))


def _lacking(needs: Needs, known: Mapping[str, str]) -> Needs | None:
    """Return what is still to be imported; None where a name means something else already."""
    lacking = Needs()
    for source, local in needs.default.items():
        if local not in known:
            lacking.default[source] = local
        elif not same(known[local], source):
            return None
    for source, names in needs.named.items():
        for local, name in names.items():
            if local not in known:
                lacking.named[source][local] = name
            elif not same(known[local], source):
                return None
    return lacking
