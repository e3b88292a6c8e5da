"""Replacements of faulty lines: asked for as the product does, answered by what it would show as a fix."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bot.chunk.edit import edited_source
from bot.data import Change, Completion, Prompt, Suggestion
from bot.engines.folder import embedded_folder
from bot.errors import RepositoryError
from bot.prompt.fix import LINES, SYMBOL, fix_prompts, fix_wording
from bot.tasks.fix_answers import read_fix
from bot.verify.checker import Checked, Tools
from bot.verify.fix import Fix, Standing, prove
from bot.verify.ruff import Ruff
from training.examples import Asker, Examples, examples
from training.faults import Faults
from training.fixes import Answered, Fixer, fixes, history
from training.items import Items, items
from training.mistakes import Code, mistakes
from training.pieces import IGNORED, SELECTED, Case, edited, findings, pieces, within
from training.records import Example, lines, parse

if TYPE_CHECKING:
    from pathlib import Path

    from bot.findings.locate import Located

CODE = '''"""Orders."""

import logging
import os
import subprocess
import sys
from typing import Optional

logger = logging.getLogger(__name__)
__all__ = ["Order", "load_orders", "summary_of", "total_price"]


class Order:
    """What somebody wants."""

    def __init__(self, customer, lines=None):
        if lines is None:
            lines = []
        self.customer = customer
        self.lines = lines

    def add_line(self, article, amount):
        if article is None or not isinstance(amount, int):
            raise TypeError("no article, or no amount")
        self.lines.append((article, amount))
        logger.info("%s now orders %d of %s", self.customer, amount, article)

    def is_empty(self):
        return len(self.lines) == 0


def load_orders(path, encoding="utf-8"):
    orders = {}
    with open(path, encoding=encoding) as stream:
        for number, row in enumerate(stream):
            try:
                customer, article, amount = row.split(";")
                orders.setdefault(customer, Order(customer)).add_line(article, int(amount))
            except ValueError as error:
                raise ValueError(f"line {number} is no order") from error
    return orders


def total_price(order, prices, discount: Optional[float] = None):
    amounts = [prices[article] * amount for article, amount in order.lines if article in prices]
    if not amounts:
        return None
    price = sum(amounts)
    if discount is not None and price > 100:
        price -= price * discount
    return round(price, 2)


def summary_of(orders, *, verbose=False):
    names = sorted({order.customer for order in orders.values()})
    for item in names:
        if item.startswith(("A", "B")):
            sys.stdout.write(item.upper() + os.linesep)
    if verbose:
        subprocess.run(["lpr", "-"], input=" ".join(names).encode(), check=True)
    return "%s and %d more" % (names[0], len(names) - 1)
'''
# Rules, and code in which a mistake can be made that they tell of.
CATALOGUE = {
    "F821": "def f(values):\n    return len(values)\n",
    "F841": "def f(values):\n    values.sort()\n",
    "F822": '__all__ = ["values"]\nvalues = 1\n',
    "E741": "def f(lines):\n    return [line for line in lines if line]\n",
    "B007": "def f():\n    for _ in range(3):\n        print()\n",
    "RUF059": "def f(pair):\n    _, second = pair\n    return second\n",
    "PLR0124": "def f(a, b):\n    return a == b\n",
    "B023": "def f(xs):\n    return [lambda y, x=x: x + y for x in xs]\n",
    "B904": "def f(x):\n    try:\n        x()\n    except KeyError as e:\n        raise OSError(x) from e\n",
    "BLE001": "def f(x):\n    try:\n        x()\n    except KeyError:\n        print(x)\n",
    "E722": "def f(x):\n    try:\n        x()\n    except KeyError:\n        print(x)\n",
    "PLW0133": 'def f(x):\n    if x:\n        raise ValueError("x")\n',
    "B016": 'def f(x):\n    if x:\n        raise ValueError("x")\n',
    "TRY002": 'def f(x):\n    if x:\n        raise ValueError("x")\n',
    "TRY004": "def f(x):\n    if not isinstance(x, int):\n        raise TypeError(x)\n",
    "TRY201": "def f(x):\n    try:\n        x()\n    except OSError as e:\n        print(e)\n        raise\n",
    "F631": 'def f(x):\n    assert x, "no x"\n',
    "SIM115": "def f(x):\n    with open(x) as stream:\n        y = stream.read()\n    return y\n",
    "B006": "def f(x=None):\n    if x is None:\n        x = []\n    return x\n",
    "RUF012": "from typing import ClassVar\n\n\nclass A:\n    x: ClassVar[list[int]] = [1]\n",
    "RUF013": "def f(x: int | None = None):\n    return x\n",
    "B905": "def f(a, b):\n    return list(zip(a, b, strict=True))\n",
    "PLW1510": 'import subprocess\n\n\ndef f():\n    subprocess.run(["a"], check=True)\n',
    "B028": 'import warnings\n\n\ndef f():\n    warnings.warn("a", stacklevel=2)\n',
    "PLE1206": 'import logging\n\n\ndef f(a):\n    logging.info("%s", a)\n',
    "PLE1205": 'import logging\n\n\ndef f(a, b):\n    logging.info("%s %s", a, b)\n',
    "LOG015": 'import logging\n\nlog = logging.getLogger("a")\n\n\ndef f():\n    log.info("a")\n',
    "G201": 'def f(log):\n    try:\n        log()\n    except KeyError:\n        log.exception("a")\n',
    "F507": 'def f(a, b, c):\n    return "%s %s %s" % (a, b, c)\n',
    "F524": 'def f(a, b):\n    return "{} {}".format(a, b)\n',
    "PLW1508": 'import os\n\n\ndef f():\n    return os.getenv("A", "1")\n',
    "B005": 'def f(a):\n    return a.removeprefix("abb")\n',
    "DTZ003": "import datetime as d\n\n\ndef f():\n    return d.datetime.now(d.timezone.utc)\n",
    "B034": 'import re\n\n\ndef f(a):\n    return re.sub("a", "b", a, flags=re.X)\n',
    "PLR1722": "import sys\n\n\ndef f():\n    sys.exit(1)\n",
    "E711": "def f(x):\n    return x is None\n",
    "E712": "def f(x):\n    if x:\n        print()\n",
    "E721": "def f(x):\n    return isinstance(x, int)\n",
    "SIM101": "def f(x):\n    return isinstance(x, (int, str))\n",
    "PIE810": 'def f(x):\n    return x.startswith(("a", "b"))\n',
    "E731": "def f(x):\n    def g(y):\n        return y + x\n\n    return g\n",
    "RET504": "def f(x):\n    return x + 1\n",
    "SIM103": "def f(x):\n    return x == 1\n",
    "SIM102": "def f(x, y):\n    if x and y:\n        print()\n",
    "SIM201": "def f(x):\n    if x != 1:\n        print()\n",
    "PLR1714": "def f(x):\n    return x in (1, 2)\n",
    "SIM118": "def f(x, options):\n    return x in options\n",
    "C403": "def f(x):\n    return {y.a for y in x}\n",
    "C404": "def f(x):\n    return {y: y.a for y in x}\n",
    "C400": "def f(x):\n    return [y.a for y in x]\n",
    "C419": "def f(x):\n    return any(y.a for y in x)\n",
    "C408": "def f(x):\n    x.a = {}\n",
    "RUF015": "def f(x):\n    return next(iter(x))\n",
    "PERF102": "def f(x):\n    for y in x.values():\n        print(y)\n",
    "B015": "def f(x):\n    x.a = 1\n    return x\n",
    "B018": "def f(x):\n    return x.a\n",
    "SIM108": "def f(x):\n    y = 1 if x else 2\n    return y\n",
    "UP028": "def f(x):\n    yield from x\n",
    "PERF401": "def f(x):\n    y = [z.a for z in x]\n    y.sort()\n    return y\n",
    "RUF005": "def f(x):\n    return [1, *x]\n",
}


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret


@pytest.fixture(scope="module")
def asker() -> Asker:
    """The embedded model's prompts."""
    return Asker(embedded_folder() / "tokenizer.json", (320, 448), 1024)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose ruff checks what the examples are made of."""
    rules = ", ".join(f'"{one}"' for one in SELECTED.split(","))
    less = ", ".join(f'"{one}"' for one in IGNORED.split(","))
    (tmp_path / "ruff.toml").write_text(f"lint.select = [{rules}]\nlint.ignore = [{less}]\n")
    return tmp_path


def seeded(source: str, rule: str, *, tries: int = 25) -> Case | None:
    """Make a mistake of one rule in code, once it is one that ruff reports."""
    code = Code(source.encode())
    parts = pieces(code)
    made = {
        (k, edits)
        for seed in range(tries)
        for k, part in enumerate(parts)
        for told, edits in mistakes(code, part.node, dice(seed))
        if told == rule
    }
    plain = edited(code, parts, ())
    versions = [(k, edited(code, parts, [(k, edits)])) for k, edits in sorted(made)]
    before, *told_of = findings([("a.py", v.source) for v in (plain, *(v for _, v in versions))])
    for (k, version), found in zip(versions, told_of, strict=True):
        if any(one.rule == rule for one in found):
            inside = within(found, *version.lines[k]), within(before, *plain.lines[k])
            return Case("a.py", version.text(k), plain.text(k), *inside, rule)
    return None


@pytest.mark.parametrize("rule", CATALOGUE)
def test_each_mistake_is_one_that_ruff_reports(rule: str) -> None:
    assert seeded(CATALOGUE[rule], rule) is not None


def found_in(source: bytes, root: Path) -> tuple[Tools, Change, Checked]:
    tools, change = Tools(Ruff(root)), Change("a.py", source, source)
    checked = tools.check(change, "python")
    assert isinstance(checked, Checked)
    return tools, change, checked


def asked(one: Located, tools: Tools, asker: Asker) -> list[Prompt]:
    """Return what the product asks about a finding."""
    cause = tools.explain(one.finding)
    return list(fix_prompts(one, cause, asker.info, asker.tokenizer, fix_wording(asker.info)))


@pytest.mark.parametrize("rule", ["F821", "B904", "E711", "B006", "SIM115", "RET504", "F507", "PLW1510"])
def test_the_product_asks_the_same_and_shows_the_answer(rule: str, asker: Asker, root: Path) -> None:
    """In the whole file: its own prompt, and its own proof of what stood there before."""
    case = seeded(CODE, rule)
    assert case is not None
    faulty = CODE.encode().replace(case.clean, case.faulty)
    tools, change, checked = found_in(faulty, root)
    prompts = {prompt.text: (one, prompt) for one in checked.wanted for prompt in asked(one, tools, asker)}
    made = list(Fixer(asker.info, asker.tokenizer).examples(case, dice(0), both=1.0))
    assert made
    for each in made:
        one, prompt = prompts[each.prompt]
        assert (one.finding.rule, prompt.purpose) == (rule, each.form)
        answer = Completion(prompt, each.answer, "stop", 0, 0, 0.0)
        read = read_fix(one, answer, asker.info.prompting.specials)
        assert isinstance(read, Suggestion)
        assert edited_source(change, [read]) == CODE.encode()
        fix = Fix(read, (one,), written=True)
        shown = prove(fix, checked.all, lambda s: tools.recheck(change, "python", s), lambda _, __: "")
        assert isinstance(shown, Standing), shown


def test_faulty_lines_are_replaced_where_that_suffices(asker: Asker) -> None:
    fixer = Fixer(asker.info, asker.tokenizer)

    def forms(rule: str) -> list[tuple[str, str]]:
        case = seeded(CATALOGUE[rule], rule)
        assert case is not None
        return [(one.form, one.answer) for one in fixer.examples(case, dice(0), both=0)]

    assert forms("E711") == [(LINES, "return x is None")]
    assert forms("RET504") == [(SYMBOL, CATALOGUE["RET504"].strip())]


def test_a_project_gives_what_was_asked_for_and_no_rule_too_often(asker: Asker) -> None:
    files = [(f"orders/part_{n}.py", CODE.replace("rder", f"rder{n}")) for n in range(8)]

    def made(seed: str, most: int = 30) -> list[Answered]:
        return list(fixes(files, Fixer(asker.info, asker.tokenizer), seed, most))

    first = made("a")
    assert first == made("a") != made("b")
    assert 20 < len(first) <= 30
    assert max(Counter(one.rule for one in first).values()) <= 3
    assert {one.form for one in first} == {LINES, SYMBOL}
    assert made("a", most=0) == []


def test_what_ruff_mends_safely_and_what_the_proof_refuses_is_left_out(asker: Asker) -> None:
    """An f-string without a place in it; a bare `except` that only becomes a broad one."""
    fixer = Fixer(asker.info, asker.tokenizer)

    def case(faulty: str, clean: str, rule: str) -> Case:
        told = findings([("a.py", faulty.encode()), ("a.py", clean.encode())])
        was, now = (tuple(one for one in several if one.rule == rule) for several in told)
        assert was
        return Case("a.py", faulty.encode(), clean.encode(), was, now, rule)

    safe = case('def f():\n    return f"a"\n', 'def f():\n    return "a"\n', "F541")
    bare = "def f(x):\n    try:\n        x()\n    except:\n        print(x)\n"
    broad = case(bare, bare.replace("except:", "except Exception:"), "E722")
    assert not [*fixer.examples(safe, dice(0)), *fixer.examples(broad, dice(0))]
    assert fixer.fate["not reported, or ruff mends it safely"] == 1
    assert fixer.fate["refused: silences"] == 2  # in either form
    broken = case("def f():\n    return )\n", "def f():\n    return ()\n", "invalid-syntax")
    assert not list(fixer.examples(broken, dice(0)))
    narrow = case(bare, bare.replace("except:", "except KeyError:"), "E722")
    assert [one.answer for one in fixer.examples(narrow, dice(0), both=0)] == ["except KeyError:"]


def test_what_people_left_in_their_code_is_mended_as_ruff_would() -> None:
    """Ruff calls the fix unsafe, so the product does not take it by itself."""
    body = "".join(f"    total += {n} * price\n" for n in range(60))
    text = f"def first(prices, price):\n    total = 0\n{body}    return list(prices)[0] + total\n"
    cases = list(Faults([("a.py", text)], dice(1), 10, 1).cases())
    mended = [one for one in cases if one.faulty.decode() == text]
    assert [(one.rule, b"next(iter(prices))" in one.clean) for one in mended] == [("RUF015", True)]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=os.environ)


def committed(folder: Path, message: str, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name.replace('__', '/')}.py").write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", message)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project with a past: two faults were mended, one in a copy of another project, one by a merge."""
    work = tmp_path / "work"
    (work / "click").mkdir(parents=True)
    git(work, "init", "--quiet", "--initial-branch=main")
    faulty = CODE.replace("if article is None", "if article == None")
    other = faulty.replace(" from error", "", 1).replace(
        "is not None and price > 100", "is not None and price > 99"
    )
    committed(work, "start", orders=other, click__core=faulty)
    committed(work, "discounts", orders=other.replace("price > 99", "price > 98"))
    git(work, "checkout", "--quiet", "-b", "side")
    mended = faulty.replace("price > 100", "price > 98")
    committed(work, "say why", orders=mended)
    git(work, "checkout", "--quiet", "main")
    git(work, "merge", "--quiet", "--no-ff", "side", "--message", "merge")
    more = CODE.replace("total_price(order", "total_price(order, /").replace("price > 100", "price > 98")
    committed(work, "compare", orders=more, click__core=CODE)
    bare = tmp_path / "orders.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare


def test_what_a_commit_mended_is_an_example_without_the_rest_of_the_commit(asker: Asker, clone: Path) -> None:
    fixer = Fixer(asker.info, asker.tokenizer)

    def made(changes: int = 100) -> list[Answered]:
        return list(history(clone, {"click"}, fixer, "orders", changes=changes, most=100))

    answers = {(one.rule, one.answer) for one in made() if one.form == LINES}
    assert answers == {
        ("E711", "if article is None or not isinstance(amount, int):"),
        ("B904", 'raise ValueError(f"line {number} is no order") from error'),
    }
    assert len(made(changes=0)) == 0


def test_a_clone_that_is_none_is_said_to_be_none(asker: Asker, tmp_path: Path) -> None:
    with pytest.raises(RepositoryError):
        list(history(tmp_path, (), Fixer(asker.info, asker.tokenizer), "a", changes=1, most=1))


def test_the_step_writes_them_for_the_projects_that_it_has(tmp_path: Path, clone: Path) -> None:
    """A clone counts for the project that it is named after, and for no other."""
    work = tmp_path / "training"
    (work / "sources").mkdir(parents=True)
    (work / "sources" / "orders.json").write_text(json.dumps([["shop/orders.py", CODE]]))
    items(Items(jobs=1), work)

    def made(fixes: int, *histories: str) -> list[Example]:
        tokenizer = str(embedded_folder() / "tokenizer.json")
        done = examples(Examples(tokenizer=tokenizer, jobs=1, fixes=fixes, histories=histories), work)
        found = [parse(line) for line in lines([work / "examples" / "all.jsonl.gz"])]
        assert done["examples"].get("fix", 0) == sum(one.kind == "fix" for one in found)
        return [one for one in found if one.kind == "fix"]

    alone, past = made(40), made(0, str(clone))
    assert {one.project for one in [*alone, *past]} == {"orders"}
    assert len(alone) > 10
    assert any("Fix ruff B904" in one.prompt for one in past)
    clone.rename(clone.with_name("other.git"))
    assert made(0, str(clone.with_name("*.git"))) == []
