"""An interpreter with torch, for what needs one: this one, or another that the environment names."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence


def torch_python(needed: Sequence[str]) -> str:
    """Return the interpreter's path, or skip the test, saying what is missing."""
    if other := os.environ.get("CODEBOT_TEST_CONVERT_PYTHON"):
        return other
    if missing := [name for name in needed if find_spec(name) is None]:
        pytest.skip(f"no {' and '.join(missing)} here, and CODEBOT_TEST_CONVERT_PYTHON names no other Python")
    return sys.executable
