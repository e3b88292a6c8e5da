"""A small real repository for the tests of linked context, and how to look at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bot.chunk.index import RepoIndex
from bot.chunk.symbols import symbols
from bot.chunk.tags import Tags
from bot.data import Change, Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


FILES = {
    "shop/__init__.py": "from .pricing import gross_price as gross\nfrom .models import *\n",
    "shop/models.py": '''"""What is sold."""
from __future__ import annotations

from shop import base as foundation

LIMIT = 40


class Article(foundation.Record):
    """An article on the shelf."""

    title: str

    def __init__(self, title: str, net: float) -> None:
        self.title = title
        self.net = net

    def relabel(self, title: str) -> str:
        """Give the article another title."""
        self.title = title[:LIMIT]
        return self.title

    def describe(self, currency):
        return f"{self.title}: {self.price_tag(currency)}" + self.identify()

    def price_tag(self, currency: str) -> str:
        """Return the price as it is printed on the tag."""
        from .pricing import gross_price

        return f"{gross_price(self.net)} {currency}"
''',
    "shop/base.py": '''"""Foundations."""


class Record:
    """A row of the database."""

    def identify(self) -> str:
        """Return a text that identifies the row."""
        return str(id(self))
''',
    "shop/pricing.py": '''"""Prices."""
from .models import Article

VAT = 0.19


def gross_price(net, rate=VAT):
    """Add the tax to a net price.

    >>> gross_price(100)
    119.0
    """
    return round(net * (1 + rate), 2)


def net_price(gross: float, rate: float = VAT) -> float:
    """Take the tax off a gross price.

    >>> gross_price(net_price(119.0))
    119.0
    """
    return round(gross / (1 + rate), 2)


def total(articles: list[Article], strip=None):
    result = sum(gross_price(article.net) for article in articles)
    for article in articles:
        article.relabel(article.title.strip())
    return result
''',
    "shop/cart.py": '''from shop import gross, Article
import shop.pricing as prices


def checkout(cart):
    """Return what the customer owes, in cents."""
    owed = [gross(item.net) for item in cart if isinstance(item, Article)]
    return int(100 * prices.total(owed))
''',
    "shop/broken.py": (
        "def sound(x):\n    return gross_price(x)\n\n\ndef half_written(:\n    return gross_price(1\n"
    ),
    "tests/test_pricing.py": """from shop.pricing import gross_price


def test_adds_the_tax():
    wrong = 3
    assert gross_price(200) == 238.0
    assert gross_price(wrong) == wrong
""",
    "unrelated/other.py": "def total(x):\n    return x\n",
}


class CountingStore:
    """A store that counts what it is given: the parses that took place."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.puts: list[str] = []

    def get(self, key: str) -> Tags | None:
        return Tags.from_json(self.kept[key]) if key in self.kept else None

    def put(self, key: str, tags: Tags) -> None:
        self.puts.append(key)
        self.kept[key] = tags.to_json()


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


def listing(root: Path) -> Iterator[tuple[str, str, Callable[[], bytes]]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), "", path.read_bytes


def chunk(root: Path, path: str, qualname: str, language: str = "python") -> Chunk:
    source = (root / path).read_bytes()
    change = Change(path, source, source)
    symbol = next(s for s in symbols(language, source) if s.qualname == qualname)
    kind: Literal["module", "class", "function"] = "function" if symbol.kind == "method" else symbol.kind
    return Chunk(change, language, kind, symbol.start, symbol.end, symbol.start_line, symbol.end_line, symbol)


def build(root: Path, files: dict[str, str] | None = None) -> RepoIndex:
    return RepoIndex.build(listing(write(root, FILES if files is None else files)))
