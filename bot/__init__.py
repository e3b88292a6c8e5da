"""codebot: docstrings, tests and fix hints from a code model you host, shown only when proven."""

__version__ = "0.1.0"
