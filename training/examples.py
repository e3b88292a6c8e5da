"""Step `examples`: what the product would ask, and what it should be answered.

Prompts are made by `bot.prompt` itself, from chunks that `bot.chunk` itself cuts, so that training and use
cannot drift apart. Summaries are a teacher's where it was sure (`training.answers`), else people's;
descriptions of parameters and results are people's, and so are tests (`training.tested`); faults are made,
found and mended (`training.fixes`); plain fill-in-the-middle and left-to-right are code as it stands.
"""

from __future__ import annotations

import concurrent.futures as cf
import gzip
import inspect
import json
import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.chunk.symbols import detail
from bot.data import Prompt
from bot.engines.tokenizer import FileTokenizer
from bot.ports import EngineInfo, Prompting
from bot.prompt.build import build
from bot.prompt.template import wording_for
from bot.tasks.docstrings import DocOptions, HouseStyle, Target, lead_in
from bot.tasks.facts import facts
from training.answers import refused
from training.corpus import Excluded
from training.definitions import definitions
from training.fixes import Fixer, fixes, history
from training.plain_code import of_code
from training.prepare import normal
from training.records import Example, expand, write
from training.tested import from_tests

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from training.definitions import Definition

__all__ = ["Asker", "Examples", "asker_of", "descriptions", "examples"]

_ANSWER = 64  # tokens, as the product allows
_PARAMETERS = {
    "google": re.compile(r"^\s*(?:Args|Arguments):\s*$", re.MULTILINE),
    "numpy": re.compile(r"^\s*Parameters\s*\n\s*-{3,}", re.MULTILINE),
    "sphinx": re.compile(r"^\s*:param ", re.MULTILINE),
}
_SENTENCE = re.compile(r"(.{8,}?[^.A-Z][.!?])\s+(?=[A-Z`])")
_MARKUP = re.compile(r'\.\. |::|>>>|"""')


@dataclass(frozen=True, slots=True)
class Examples:
    """Settings of the step; paths are relative to the working folder."""

    sources: str = "sources"
    items: str = "items.jsonl.gz"
    answers: tuple[str, ...] = ()  # of teachers, "" without one: then all summaries are people's
    tokenizer: str = "start/tokenizer.json"
    output: str = "examples/all.jsonl.gz"
    limits: tuple[int, int] = (320, 448)  # tokens before and behind the gap; as in the shipped codebot.json
    window: int = 1024
    descriptions: int = 60  # of parameters and results, a project
    gaps: int = 40  # plain fill-in-the-middle, a project
    stretches: int = 10  # of code from left to right, a project
    tests: int = 80  # tests that people wrote, a project
    untested: float = 0.5  # share of these whose function is shown as one that no test calls
    people: float = 1.0  # what a summary by people weighs where no teacher's is used
    fixes: int = 40  # replacements of faulty lines, a project
    histories: tuple[str, ...] = ()  # clones, in folders named as their projects: what was mended in them
    changes: int = 2_500  # of files, looked at in a clone
    mended: int = 200  # replacements of faulty lines from a clone
    jobs: int = 2


class Asker:
    """Makes the product's prompts for one tokenizer."""

    def __init__(self, tokenizer: Path, limits: tuple[int, int], window: int) -> None:
        self.tokenizer = FileTokenizer(tokenizer)
        specials = self.tokenizer.specials
        shape = Prompting(wording="fim", fim_limits=limits, tasks=("tests",), specials=specials)
        self.info = EngineInfo("embedded:", "training", "", "starcoder", window, prompting=shape)
        self.wording = wording_for("docstring", self.info, None)

    def prompt(self, one: Definition, purpose: str = "summary", lead: str = "") -> str | None:
        """Return exactly what the engine is sent, None where the signature alone has no room."""
        asked = build(
            one.chunk,
            "docstring",
            purpose,
            (),
            self.info,
            self.tokenizer,
            wording=self.wording,
            max_tokens=_ANSWER,
            answer_prefix=lead,
        )
        return asked.text if isinstance(asked, Prompt) else None


class Said(NamedTuple):
    """A prompt, its answer and what was asked for: "param" or "returns"."""

    prompt: str
    answer: str
    kind: str


def descriptions(one: Definition, asker: Asker, rng: random.Random) -> Iterator[Said]:
    """Yield how people describe one parameter, or the result, of one that documents just those it has."""
    import docstring_parser  # noqa: PLC0415 - brought by pydoclint; only training reads whole docstrings

    convention = next((name for name, form in _PARAMETERS.items() if form.search(one.doc)), None)
    if convention is None or one.kind == "class":
        return
    styles = docstring_parser.DocstringStyle
    style = {"google": styles.GOOGLE, "numpy": styles.NUMPYDOC, "sphinx": styles.REST}[convention]
    text = re.sub(r"^[rRuU]?(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$", "", one.doc.strip())
    try:
        doc = docstring_parser.parse(inspect.cleandoc(text), style=style)
    except docstring_parser.ParseError:
        return
    said = {p.arg_name.lstrip("*"): _phrase(p.description) for p in doc.params if p.arg_name}
    symbol = detail(one.chunk)
    target = Target(one.chunk, symbol, DocOptions(), facts(symbol, one.chunk.change.source))
    named = {p.name for p in target.parameters}
    known = sorted(name for name in named if said.get(name))
    if not known or set(said) - named:
        return
    result = _phrase(doc.returns.description) if doc.returns else ""
    name = rng.choice(known)
    purpose, answer = ("returns", result) if result and rng.random() < 0.5 else (f"param:{name}", said[name])
    house = HouseStyle(
        convention=convention,  # type: ignore[arg-type] # a key of _PARAMETERS
        sections=True,
        types=any(p.type_name for p in doc.params),
    )
    lead = lead_in(target, house, purpose, one.summary or "Do it.").split("\n")
    indented = [lead[0], *(symbol.body_indent + line if line else "" for line in lead[1:])]
    prompt = asker.prompt(one, purpose, "\n".join(indented))
    if prompt:
        yield Said(prompt, f" {answer}", purpose.partition(":")[0])


def _phrase(text: str | None) -> str:
    """Return the first sentence of a description, "" for one that is not worth learning from."""
    text = " ".join((text or "").split())
    first = _SENTENCE.match(text)
    text = first.group(1) if first else text
    letters = sum(c.isalpha() or c == " " for c in text)
    fine = 2 <= len(text.split()) <= 22 and len(text) <= 150 and text.isascii() and letters > 0.75 * len(text)
    return text if fine and not _MARKUP.search(text) else ""


def examples(settings: Examples, work: Path) -> dict[str, Any]:
    """Write the examples of all projects and return how many there are of each kind, and why others fell.

    Raises:
        FileNotFoundError: Items, sources or the tokenizer are missing.
    """
    answers, fate = _chosen(settings, work)
    projects = sorted(answers)
    counts: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    said: set[str] = set()  # by tests of all projects: what is copied into several is learnt once

    def made() -> Iterator[Example]:
        with cf.ProcessPoolExecutor(settings.jobs) as pool:
            tasks = [(work, settings, name, answers[name]) for name in projects]
            for found, known in pool.map(_of_project, tasks, chunksize=4):
                tests.update(known)
                for one in found:
                    if one.kind == "test" and one.answer in said:
                        tests.update({"taken": -1, "seen in another project": 1})
                        continue
                    if one.kind == "test":
                        said.add(one.answer)
                    counts[one.kind] += 1
                    yield one

    write(work / settings.output, made())
    found = {"projects": len(projects), "examples": dict(counts), "summaries": dict(fate)}
    return {**found, "tests": dict(tests.most_common())}


def _chosen(settings: Examples, work: Path) -> tuple[dict[str, dict[str, tuple[str, float]]], Counter[str]]:
    """Return, for each project, the summary and its weight of each definition's key; and their origins."""
    told: dict[str, tuple[str, list[float]]] = {}
    for name in settings.answers:
        with gzip.open(work / name, "rt", encoding="utf-8") as lines:
            told |= {one["id"]: (one["text"].strip(), one["lp"]) for one in map(json.loads, lines)}
    found: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
    fate: Counter[str] = Counter()
    with gzip.open(work / settings.items, "rt", encoding="utf-8") as lines:
        for item in map(json.loads, lines):
            text, logprobs = told.get(item["id"], ("", []))
            why = refused(text, logprobs, item["name"], item["code"]) if text else "not asked"
            fate["teacher's" if not why else f"teacher refused: {why}"] += 1
            if not why:
                found[item["project"]][item["id"]] = (text, 1.0)
            elif item["people"]:
                fate["people's"] += 1
                found[item["project"]][item["id"]] = (item["people"], settings.people)
            else:
                found[item["project"]]  # its parameters and gaps are used all the same
    return found, fate


@lru_cache(maxsize=1)
def asker_of(file: Path, limits: tuple[int, int], window: int) -> Asker:
    """Return the one asker of a process that makes the prompts of project after project."""
    return Asker(file, limits, window)


def _of_project(
    task: tuple[Path, Examples, str, Mapping[str, tuple[str, float]]],
) -> tuple[list[Example], Counter[str]]:
    """Return the examples of one project, and what became of its tests."""
    work, settings, project, answers = task
    asker = asker_of(work / settings.tokenizer, tuple(settings.limits), settings.window)
    rng = random.Random(project)  # noqa: S311 - no secret
    files: list[tuple[str, str]] = json.loads(
        (work / settings.sources / f"{project}.json").read_text("utf-8")
    )
    made: list[Example] = []
    seen: set[str] = set()
    described = 0
    for one in definitions(files):
        if one.key in seen:
            continue
        seen.add(one.key)
        if one.key in answers and (prompt := asker.prompt(one)):
            text, weight = answers[one.key]
            made.append(Example(prompt, text, "summary", project, weight))
        if one.doc and described < settings.descriptions and rng.random() < 0.6:
            for said in descriptions(one, asker, rng):
                made.append(Example(said.prompt, said.answer, said.kind, project))
                described += 1
    specials = asker.info.prompting.specials
    made += of_code(project, files, specials, rng, settings.gaps, settings.stretches)
    engine = asker.info, asker.tokenizer
    of_tests = from_tests(project, files, engine, most=settings.tests, untested=settings.untested)
    made += [*of_tests.examples, *_fixes(asker, work, settings, project, files)]
    return made, of_tests.fate


def _fixes(
    asker: Asker, work: Path, settings: Examples, project: str, files: list[tuple[str, str]]
) -> list[Example]:
    fixer = Fixer(asker.info, asker.tokenizer)
    found = list(fixes(files, fixer, project, settings.fixes))
    for clone in expand(work, settings.histories):
        if normal(clone.name.removesuffix(".git")) == project:
            parts = Excluded.read().parts
            found += history(clone, parts, fixer, project, changes=settings.changes, most=settings.mended)
    return [Example(one.prompt, one.answer, "fix", project) for one in found]
