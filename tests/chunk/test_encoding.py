"""Bytes to text and back: the same bytes again, or a reason."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.chunk.encoding import blob_id, decode, encode, newline_of
from bot.data import Skipped

if TYPE_CHECKING:
    from pathlib import Path

COOKIE = "# -*- coding: latin-1 -*-\nname = 'é'\n"


def reason(raw: bytes, **options: str) -> str:
    found = decode("a.py", raw, **options)
    assert isinstance(found, Skipped), found
    assert found.path == "a.py"
    return found.reason


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        (b"x = 1\n", "x = 1\n", "utf-8"),
        ("é\r\n".encode(), "é\r\n", "utf-8"),
        ("é\n".encode("utf-8-sig"), "é\n", "utf-8-sig"),
        (b"\xff\xfe" + "é\n".encode("utf-16-le"), "é\n", "utf-16-le-sig"),
        (b"\xfe\xff" + "é\n".encode("utf-16-be"), "é\n", "utf-16-be-sig"),
        (b"\xff\xfe\0\0" + "é\n".encode("utf-32-le"), "é\n", "utf-32-le-sig"),
        (b"\0\0\xfe\xff" + "é\n".encode("utf-32-be"), "é\n", "utf-32-be-sig"),
        (COOKIE.encode("latin-1"), COOKIE, "iso8859-1"),
        (b"#!/bin/python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", None, "cp1252"),
        ("# encoding: shift_jis\nx = '日本'\n".encode("shift_jis"), None, "shift-jis"),
        (b"# coding: utf8\rx = 1\r", "# coding: utf8\rx = 1\r", "utf-8"),
        (b"x = 1\n# coding: latin-1\ny = '\xc3\xa9'\n", "x = 1\n# coding: latin-1\ny = 'é'\n", "utf-8"),
    ],
)
def test_text_comes_out_as_utf8_and_goes_back_to_the_same_bytes(
    raw: bytes, text: str | None, encoding: str
) -> None:
    found = decode("a.py", raw)
    assert not isinstance(found, Skipped), found
    assert found[1] == encoding
    if text is not None:
        assert found[0] == text.encode()
    assert encode(*found) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (b"a\0b", "binary"),
        (b"x" * 100_000 + b"\0", "binary"),
        (b"caf\xe9\n", "undecodable"),
        (b"\xff\xfea", "undecodable"),
        (b"\xff\xfe\x00\xd8", "undecodable"),
        (b"# coding: no-such\n", "undecodable"),
        (b"# coding: rot13\n", "undecodable"),
        (b"# coding: hex\n", "undecodable"),
        (b"# coding: utf-7\n", "undecodable"),
        (b"# coding: utf-16\n", "undecodable"),
        (b"# coding: unicode_escape\n", "undecodable"),
        (b"# coding: ascii\nx = '\xe9'\n", "undecodable"),
        (b"# coding: iso-2022-jp\nx = '\x1b(B'\n", "undecodable"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "lfs-pointer"),
    ],
)
def test_what_is_no_faithful_text_has_its_reason(raw: bytes, expected: str) -> None:
    assert reason(raw) == expected


def test_a_text_about_lfs_pointers_is_none() -> None:
    assert not isinstance(
        decode("a.md", b"version https://git-lfs.github.com/spec/v1\n" + b"x" * 2000), Skipped
    )


def test_an_encoding_from_gitattributes_counts_before_the_cookie() -> None:
    assert decode("a", "é".encode("utf-16-le"), attributes_encoding="UTF-16LE") == ("é".encode(), "utf-16-le")
    assert reason(b"x", attributes_encoding="no-such") == "undecodable"


def test_a_character_the_encoding_cannot_spell_is_an_error() -> None:
    with pytest.raises(UnicodeEncodeError):
        encode("日".encode(), "iso8859-1")


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"# coding: cp932\n", b"\xff\xfe", b"\xef\xbb\xbf", b"#coding=gbk\n"]),
)
@example(b"\\~", b"# coding: shift_jis\n")
def test_any_bytes_are_skipped_or_come_back_the_same(raw: bytes, head: bytes) -> None:
    found = decode("a", head + raw)
    if not isinstance(found, Skipped):
        found[0].decode("utf-8")
        assert encode(*found) == head + raw


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"", "\n"),
        (b"one", "\n"),
        (b"a\nb\n", "\n"),
        (b"a\r\nb\r\nc\n", "\r\n"),
        (b"a\rb\r", "\r"),
        (b"a\r\nb\n", "\n"),
    ],
)
def test_the_dominant_line_ending_is_found(source: bytes, expected: str) -> None:
    assert newline_of(source) == expected


def test_a_blob_id_is_gits(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\n\xff")
    told = subprocess.run(
        ["git", "hash-object", "--no-filters", "a"], cwd=tmp_path, check=True, capture_output=True
    )
    assert blob_id(b"a\r\n\xff") == told.stdout.decode().strip()
