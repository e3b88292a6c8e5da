"""Doctest examples, run in the sandbox: those that an engine writes, and those that docstrings have."""

from bot.verify.examples.found import Doctests
from bot.verify.examples.given import Examples
from bot.verify.examples.run import Ran, run_examples

__all__ = ["Doctests", "Examples", "Ran", "run_examples"]
