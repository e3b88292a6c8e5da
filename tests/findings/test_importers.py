"""Who imports what from where, as far as text tells."""

from __future__ import annotations

import pytest

from bot.data import Change
from bot.findings.importers import Importers

USERS = {
    "from pkg.core import name": True,
    "from .core import (\n    other,  # first\n    name as n,\n)": True,
    "from .core import other, \\\n    name": True,
    "from pkg.core import *": True,
    "from pkg import core\nprint(core.name)": True,
    "import pkg.core as c\nprint(c.name)": True,
    "mock.patch('pkg.core.name')": True,
    "from pkg.elsewhere import name": False,
    "from pkg.core import names": False,
    "name = 1": False,
}


@pytest.mark.parametrize(("text", "uses"), USERS.items(), ids=range(len(USERS)))
def test_a_name_that_another_file_takes_from_a_module_is_found(text: str, uses: bool) -> None:
    source = text.encode()
    importers = Importers(lambda: [Change("pkg/user.py", source, source)])
    assert importers("pkg/core.py", "name") == ("pkg/user.py" if uses else "")


def test_a_file_is_no_user_of_its_own_and_a_package_is_known_by_its_folder() -> None:
    own, other = b"from core import name", b"from . import name"
    tree = [Change("core.py", own, own), Change("pkg/user.py", other, other)]
    importers = Importers(lambda: tree)
    assert importers("core.py", "name") == ""
    assert importers("pkg/__init__.py", "name") == "pkg/user.py"
