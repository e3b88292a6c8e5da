"""A small project and a laboratory over it, shared by a module's tests: opening one takes a second."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.chunk.split import split
from bot.data import Change
from bot.tasks.tests.subject import Subject, module_of, subject
from bot.verify.sandbox import available, find_python, open_sandbox
from bot.verify.tests.lab import Lab, coverage_folder, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOP = b'''\
import datetime
import random
import time


def total(prices, discount=0):
    """Add prices up, less a discount in percent."""
    if discount < 0 or discount > 100:
        raise ValueError(f"no such discount: {discount}")
    result = 0
    for price in prices:
        result += price
    return result - result * discount / 100


def label(name):
    if name.startswith("x-"):
        return name[2:].upper()
    return name.title()


def tags(names):
    return list(set(names))


def stamp(text):
    return f"{datetime.date.today().year} {text}"


def clock():
    return time.localtime().tm_hour


def draw(limit):
    return random.randrange(limit)


_seen = []


def remember(item):
    _seen.append(item)
    return len(_seen)


def recalled():
    return list(_seen)
'''


def subjects_of(path: str, source: bytes) -> list[Subject]:
    """Return the functions of a file."""
    change = Change(path, source, source)
    module = module_of(change, frozenset())
    assert module is not None
    found = (subject(chunk, module, private=False) for chunk in split(change, budget=1 << 20))
    return [one for one in found if isinstance(one, Subject)]


def require_sandbox() -> None:
    """Skip where this machine offers none, saying why."""
    found = [one for one in available() if one.isolates]
    if not any(one.works for one in found):
        pytest.skip("; ".join(f"{one.name}: {one.detail}" for one in found))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Open a laboratory over a project that is one module."""
    require_sandbox()
    root = tmp_path_factory.mktemp("shop")
    (root / "shop.py").write_bytes(SHOP)
    python = find_python(root, configured=Path(sys.executable))
    shown = [inside(), *filter(None, [coverage_folder()])]
    with open_sandbox(root, python=python, visible=shown) as sandbox:
        yield Lab(sandbox, [""], {})
