"""The reviewer against a GitHub of its own; `double.py` says what that proves and what it cannot."""
