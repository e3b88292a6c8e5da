"""Which language a file is taken to be written in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bot.languages import LANGUAGES, detect


@pytest.mark.parametrize(
    ("path", "head", "language"),
    [
        ("a/b.py", b"", "python"),
        ("a.pyi", b"", "python"),
        ("x.JS", b"", "javascript"),
        ("x.d.ts", b"", "typescript"),
        ("x.tsx", b"", "tsx"),
        ("x.h", b"int f(void);", "c"),
        ("x.h", b"#pragma once\nnamespace a {\n", "cpp"),
        ("x.C", b"", "cpp"),
        ("x.hpp", b"", "cpp"),
        ("Rakefile", b"", "ruby"),
        ("bin/run", b"#!/usr/bin/env python3\n", "python"),
        ("bin/run", b"#!/usr/bin/env -S python3.11 -u\n", "python"),
        ("bin/run", b"#!/bin/sh -e\n", "bash"),
        ("bin/run", b"#! /usr/local/bin/node\n", "javascript"),
        ("bin/run", b"#!/usr/bin/perl\n", "text"),
        ("bin/run", b"#!", "text"),
        ("notes.py/readme", b"hello", "text"),
        ("README.md", b"# Title", "text"),
        (".py", b"", "python"),
        ("", b"", "text"),
    ],
)
def test_a_file_s_language_comes_from_its_name_or_its_first_line(
    path: str, head: bytes, language: str
) -> None:
    assert detect(path, head) == language


def test_no_two_languages_claim_the_same_file() -> None:
    for field in ("extensions", "filenames", "interpreters"):
        claimed = [each for row in LANGUAGES.values() for each in getattr(row, field)]
        assert len(claimed) == len(set(claimed))


def test_the_table_is_read_without_loading_a_parser() -> None:
    code = "import sys, bot.languages; sys.exit(any(m.startswith('tree_sitter') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
