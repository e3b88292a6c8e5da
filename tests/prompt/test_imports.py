"""The imports a function uses, and the class it is in."""

from __future__ import annotations

import textwrap

from bot.prompt.imports import class_header, used_imports
from tests.prompt.source import chunk_of

SOURCE = textwrap.dedent(
    """
    import os, sys
    import numpy as np
    from pathlib import Path
    from .models import (
        User,
        Group as Team,
    )
    from __future__ import annotations


    class Outer(
        Base,
    ):
        class Inner(dict):
            def load(self):
                return np.load(os.getcwd()), Team()

    def free():
        return 1

    def outer():
        class Local:
            def method(self):
                return Path()
        return Local
    """
)


def test_only_imports_whose_names_occur_are_kept_and_long_ones_are_split() -> None:
    chunk = chunk_of(SOURCE, "Outer.Inner.load")
    assert used_imports(chunk.change, "python", chunk.text) == (
        "import os, sys",
        "import numpy as np",
        "from .models import Group as Team",
    )


def test_a_file_that_does_not_parse_still_has_its_import_lines() -> None:
    chunk = chunk_of(SOURCE + "\ndef broken(:\n", "free")
    assert used_imports(chunk.change, "python", "np.zeros(3)") == ("import numpy as np",)


def test_other_languages_have_imports_too() -> None:
    source = "import { join } from 'path';\nconst fs = require('fs');\nfunction f() { return join(fs.a); }\n"
    chunk = chunk_of(source, "f", "javascript", "a.js")
    assert len(used_imports(chunk.change, "javascript", chunk.text)) == 2
    assert used_imports(chunk.change, "javascript", "nothing") == ()


def test_the_header_is_that_of_the_nearest_class() -> None:
    assert class_header(chunk_of(SOURCE, "Outer.Inner.load").change, _symbol("Outer.Inner.load")) == (
        "    class Inner(dict):"
    )
    assert class_header(chunk_of(SOURCE, "Outer.Inner").change, _symbol("Outer.Inner")) == "class Outer("


def test_a_free_function_has_no_header() -> None:
    assert class_header(chunk_of(SOURCE, "free").change, _symbol("free")) == ""


def _symbol(name: str):  # type: ignore[no-untyped-def] # noqa: ANN202
    return chunk_of(SOURCE, name).symbol
