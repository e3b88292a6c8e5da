"""Doctest examples, run in the sandbox: those that an engine writes, and those that docstrings have."""
