"""The real `git apply` and `patch -p1` take a patch, and make the very bytes that --apply would."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chunk.edit import apply_all
from bot.chunk.encoding import encode
from bot.report import render
from bot.report.patch import quote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bot.ledger import Review
    from tests.report.conftest import Maker

needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="no patch(1) on this machine")
PYTHON = "def a(x):\n    return x\n\n\nclass B:\n    pass\n" + "y = 1\n" * 30 + "def c():\n    return 2\n"
INSERT = [(1, 1, 'def a(x):\n    """Give x."""\n'), (5, 5, 'class B:\n    """Hold nothing."""\n\n')]
FAR = (37, 37, 'def c():\n    """Give two."""\n')

FILES = {
    "plain": ("utf-8", PYTHON, [*INSERT, FAR]),
    "crlf": (
        "utf-8",
        PYTHON.replace("\n", "\r\n"),
        [(s, e, t.replace("\n", "\r\n")) for s, e, t in [*INSERT, FAR]],
    ),
    "mixed line ends": ("utf-8", PYTHON.replace("\n", "\r\n", 3), [FAR]),
    "no final newline": (
        "utf-8",
        "def a(): return 1",
        [(1, 1, 'def a():\n    """Give one."""\n    return 1')],
    ),
    "no final newline, far": ("utf-8", PYTHON + "z = 1", INSERT),
    "no final newline, near": (
        "utf-8",
        "def a():\n    return 1",
        [(1, 1, 'def a():\n    """Give one."""\n')],
    ),
    "latin-1": (
        "iso8859-1",
        "# coding: latin-1\ndef a():\n    return 'é'\n",
        [(2, 2, 'def a():\n    """Give é."""\n')],
    ),
    "byte-order mark": ("utf-8-sig", "def a():\n    return 1\n", [(1, 1, 'def a():\n    """Give one."""\n')]),
    "mark, kept": ("utf-8-sig", PYTHON, [FAR]),
    "utf-8": ("utf-8", "def ä():\n    return '日本'\n", [(1, 1, 'def ä():\n    """Give 日本."""\n')]),
    "utf-16": ("utf-16", PYTHON, [*INSERT, FAR]),
    "carriage returns": ("utf-8", "def a():\r    return 1\r", [(1, 1, 'def a():\r    """Give one."""\r')]),
    "form feed": (
        "utf-8",
        "x = 1\n\x0c\ndef a():\n    return 1\n",
        [(3, 3, 'def a():\n    """Give one."""\n')],
    ),
    "separator": (
        "utf-8",
        "x = '\u2028\x85'\ndef a():\n    return 1\n",
        [(2, 2, 'def a():\n    """Give one."""\n')],
    ),
}
NAMES = [
    "with space.py",
    'quo"te.py',
    "back\\slash.py",
    "tab\t.py",
    "ünïcödé 日本.py",
    "b/a/b/it's.py",
    "-dash.py",
    "new\nline.py",
]


def patch_of(review: Review) -> bytes:
    stream = io.BytesIO()
    render(review, "patch", stream=stream)
    return stream.getvalue()


def git_apply(root: Path, patch: bytes) -> None:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for flags in (["--check"], []):
        subprocess.run(["git", "apply", *flags], cwd=root, input=patch, check=True, capture_output=True)


def gnu_patch(root: Path, patch: bytes) -> None:
    subprocess.run(
        ["patch", "-p1", "--batch", "--binary"], cwd=root, input=patch, check=True, capture_output=True
    )


TOOLS = [pytest.param(git_apply, id="git"), pytest.param(gnu_patch, id="patch", marks=needs_patch)]


def put(root: Path, name: str, raw: bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.write_bytes(raw)
    except OSError:
        pytest.skip("this file system does not take the name")
    return path


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("kind", FILES)
def test_odd_files_come_out_as_apply_writes_them(
    tmp_path: Path, make: Maker, kind: str, tool: Callable[[Path, bytes], None]
) -> None:
    encoding, text, edits = FILES[kind]
    raw = text.encode(encoding)
    change = make.change("a.py", raw)
    path = put(tmp_path, "a.py", raw)
    tool(tmp_path, patch_of(make.review(*(make.suggestion(change, *edit) for edit in edits))))
    assert path.read_bytes() == encode(apply_all(change.source, edits), change.encoding)
    assert path.read_bytes() != raw


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", NAMES)
def test_odd_names_are_found(
    tmp_path: Path, make: Maker, name: str, tool: Callable[[Path, bytes], None]
) -> None:
    if tool is gnu_patch and "\n" in name:
        pytest.skip("patch(1) refuses names with a line feed")
    path = put(tmp_path, name, PYTHON.encode())
    tool(tmp_path, patch_of(make.review(make.suggestion(make.change(name, PYTHON.encode()), *FAR))))
    assert path.read_bytes() == apply_all(PYTHON.encode(), [FAR])


def test_a_name_that_is_not_utf_8_is_found(tmp_path: Path, make: Maker) -> None:
    name = b"caf\xe9.py".decode("utf-8", "surrogateescape")
    path = put(tmp_path, name, PYTHON.encode())
    git_apply(tmp_path, patch_of(make.review(make.suggestion(make.change(name, PYTHON.encode()), *FAR))))
    assert path.read_bytes() == apply_all(PYTHON.encode(), [FAR])


@pytest.mark.parametrize("tool", TOOLS)
def test_several_files_a_new_one_and_an_executable(
    tmp_path: Path, make: Maker, tool: Callable[[Path, bytes], None]
) -> None:
    script = make.change("bin/run", PYTHON.encode(), mode=0o100755)
    put(tmp_path, "bin/run", script.raw).chmod(0o755)
    other = make.change("z.py", PYTHON.encode())
    put(tmp_path, "z.py", other.raw)
    fresh = make.suggestion(
        make.change("tests/t.py", b"x"), 1, 1, "import x\n\nassert x", task="test", new_file=True
    )
    tool(
        tmp_path,
        patch_of(make.review(make.suggestion(script, *FAR), fresh, make.suggestion(other, *INSERT[0]))),
    )
    assert (tmp_path / "tests/t.py").read_bytes() == b"import x\n\nassert x"
    assert (tmp_path / "bin/run").read_bytes() == apply_all(script.source, [FAR])
    assert (tmp_path / "bin/run").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "z.py").read_bytes() == apply_all(other.source, INSERT[:1])


def test_what_the_encoding_cannot_spell_is_left_out_and_said(tmp_path: Path, make: Maker) -> None:
    raw = "# coding: latin-1\ndef a():\n    return 'é'\n\ndef b():\n    return 1\n".encode("latin-1")
    change = make.change("a.py", raw)
    path = put(tmp_path, "a.py", raw)
    good, bad = (5, 5, 'def b():\n    """Give one."""\n'), (2, 2, 'def a():\n    """Give 日本."""\n')
    patch = patch_of(make.review(make.suggestion(change, *good), make.suggestion(change, *bad)))
    assert patch.startswith(b"# codebot: 1 left out of a.py: not in iso8859-1\n")
    git_apply(tmp_path, patch)
    assert path.read_bytes() == encode(apply_all(change.source, [good]), change.encoding)


def test_git_would_have_written_the_same_patch(tmp_path: Path, make: Maker) -> None:
    for name in ("with space.py", "ü\t.py"):
        put(tmp_path, name, PYTHON.encode())
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    outcomes = []
    for name in ("with space.py", "ü\t.py"):
        outcomes += [make.suggestion(make.change(name, PYTHON.encode()), *edit) for edit in (*INSERT, FAR)]
        put(tmp_path, name, apply_all(PYTHON.encode(), [*INSERT, FAR]))
    theirs = subprocess.run(
        ["git", "diff", "--full-index"], cwd=tmp_path, check=True, capture_output=True
    ).stdout
    # git also names the function a hunk lies in, which neither tool reads
    headings = [
        b"@@" + line.split(b"@@")[1] + b"@@" if line.startswith(b"@@") else line
        for line in theirs.split(b"\n")
    ]
    assert patch_of(make.review(*outcomes)) == b"\n".join(headings)


def test_a_review_without_suggestions_is_an_empty_patch(make: Maker) -> None:
    assert patch_of(make.review()) == b""


def test_bytes_pass_by_the_text_layer_of_a_stream(make: Maker) -> None:
    change = make.change("a.py", "# coding: latin-1\r\nx = 'é'\r\n".encode("latin-1"))
    review = make.review(make.suggestion(change, 1, 1, '# coding: latin-1\r\n"""Give é."""\r\n'))
    under = io.BytesIO()
    stream = io.TextIOWrapper(under, encoding="ascii", newline="\r\n")
    render(review, "patch", stream=stream)
    assert under.getvalue() == patch_of(review)
    assert b'+"""Give \xe9."""\r\n' in under.getvalue()


def test_names_are_quoted_as_git_does() -> None:
    assert quote("a/ü\x01\n".encode()) == b'"a/\\303\\274\\001\\n"'
    assert quote(b"a/with space") == b"a/with space"


@settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_any_edits_of_any_lines_apply(
    tmp_path_factory: pytest.TempPathFactory, make: Maker, data: st.DataObject
) -> None:
    """Few distinct lines, so that diffs are as ambiguous as they get."""
    line = st.sampled_from(["a", "b", "", "  a", "\x0c", "-- a", "++ b"])
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    lines = [data.draw(line) + end for _ in range(data.draw(st.integers(1, 30)))]
    lines[0] = "x" + end  # a file of white space is no file to codebot
    if data.draw(st.booleans()):
        lines[-1] = "last"
    edits, at = [], 1
    while at <= len(lines):
        stop = data.draw(st.integers(at, len(lines)))
        if data.draw(st.booleans()):
            text = "".join(data.draw(line) + end for _ in range(data.draw(st.integers(1, 4))))
            ends = lines[stop - 1].endswith("\n")
            edits.append((at, stop, text if ends else text + "end"))
        at = stop + 1
    root = tmp_path_factory.mktemp("any")
    change = make.change("a.py", "".join(lines).encode())
    put(root, "a.py", change.raw)
    patch = patch_of(make.review(*(make.suggestion(change, *edit) for edit in edits)))
    expected = apply_all(change.source, edits)
    assert bool(patch) == (expected != change.raw)
    if patch:
        git_apply(root, patch)
    assert (root / "a.py").read_bytes() == expected
