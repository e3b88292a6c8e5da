"""Attempts to use up the machine where no namespace bounds them, to stay behind, to confuse the keeper."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.verify.sandbox import Limits
from tests.verify.sandbox.test_attacks import _named, assert_held, attack
from tests.verify.sandbox.test_unshared import HEAD

if TYPE_CHECKING:
    from bot.verify.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("linux")
REPOSITORY = Path(__file__).parents[3]


@pytest.mark.usefixtures("harmful")
@pytest.mark.parametrize("how", ["without a name", "without a name or descriptor", "without a size", "deep"])
def test_the_disk_cannot_be_filled_in_secret(sandbox: Sandbox, how: str) -> None:
    script = """
import mmap
kept = []
for number in range(300):
    try:
        with open("file", "w+b") as stream:
            if how == "without a size":
                if libc.fallocate(stream.fileno(), 1, ctypes.c_long(0), ctypes.c_long(100 << 20)):
                    print("No space")
                    break
                kept.append(os.dup(stream.fileno()))
            else:
                for _ in range(8):
                    stream.write(bytes(1 << 20))
                stream.flush()
            if how == "without a name":
                kept.append(os.dup(stream.fileno()))
            if how == "without a name or descriptor":
                kept.append(mmap.mmap(stream.fileno(), 8 << 20))
        if how == "deep":
            for level in range(30):
                os.mkdir("d" * 200)
                os.chdir("d" * 200)
        else:
            os.unlink("file")
        time.sleep(0.02)
    except OSError as error:
        print("No space", error, flush=True)
        break
else:
    print("ESCAPED")
"""
    result = attack(sandbox, HEAD + script, how=how)
    assert_held(result)
    assert result.ended in {"disk", "memory"} or b"No space" in result.stdout


def test_what_is_deep_and_closed_is_gone_for_the_next(sandbox: Sandbox) -> None:
    script = """
os.mkdir("closed")
open("closed/file", "w").close()
os.chmod("closed", 0)
for level in range(2000):
    os.mkdir("deep")
    os.chdir("deep")
"""
    assert_held(attack(sandbox, HEAD + script))
    listed = sandbox.run(["python", "-c", "import os; print(sorted(os.listdir('.')))"])
    assert b"deep" not in listed.stdout
    assert b"closed" not in listed.stdout
    assert b"shop.py" in listed.stdout


@pytest.mark.usefixtures("harmful")
@pytest.mark.parametrize("what", [".", "sub"])
def test_mending_follows_no_link(sandbox: Sandbox, home: Path, what: str) -> None:
    """Where the copy was lies a link to the home folder when codebot puts things in order."""
    sandbox.run(["python", "-c", "import os; os.mkdir('sub'); open('sub/a', 'w').close()"], keep=True)
    script = """
path = os.path.abspath(what)
os.chdir("/")
try:
    os.rename(path, path + ".away")
    os.symlink(home, path)
except OSError:
    pass
"""
    before = sorted(home.rglob("*"))
    for keep in (False, True):
        files = {"attack.py": f"home, what = {str(home)!r}, {what!r}\n{HEAD}{script}".encode()}
        assert b"ran" in sandbox.run(["python", "attack.py"], files=files, keep=keep).stdout
        assert sorted(home.rglob("*")) == before
        listed = sandbox.run(["python", "-c", "import os; print(sorted(os.listdir('.')))"])
        assert b"shop.py" in listed.stdout
        assert b"notes.txt" not in listed.stdout


@pytest.mark.usefixtures("harmful")
def test_threads_are_counted(sandbox: Sandbox) -> None:
    script = """
made = 0
try:
    for _ in range(200):
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start()
        made += 1
except RuntimeError:
    pass
print("made", made, flush=True)
os._exit(0)
"""
    result = attack(sandbox, HEAD + script, limits=Limits(seconds=20, processes=30))
    made = int(result.stdout.split(b"made")[1]) if b"made" in result.stdout else 0
    assert 20 < made < 40 or result.ended == "processes"


@pytest.mark.usefixtures("harmful")
def test_bad_arguments_stop_nobody(sandbox: Sandbox) -> None:
    """Whatever comes with a call, the next one is answered."""
    script = """
long = b"x" * 5000
for number in ((90, 91, 268, 280, 452, 260), (52, 53, 88, 452, 54))[machine]:
    for first in (0, -1, -100, 1, 999999, long, b"", b"\\xff\\xfe"):
        for second in (0, 1, -1, 2**62, long, b"", b"a" * 255):
            syscall(number, first, second, -1, -1, -1, -1)
for number in ((62, 129)[machine], (234, 131)[machine], (200, 130)[machine]):
    for first in (2**31 - 1, -(2**31), 0x7FFFFFFFFFFF):
        syscall(number, first, first, 0)
os.chmod("shop.py", 0o640)
os.utime("shop.py", (7, 7))
print("answered", oct(os.stat("shop.py").st_mode), os.stat("shop.py").st_mtime)
"""
    assert b"answered 0o100640 7.0" in attack(sandbox, HEAD + script).stdout


def test_nothing_outlives_a_codebot_that_is_killed(root: Path, sandbox: Sandbox, tmp_path: Path) -> None:
    if sandbox.backend.name == "bubblewrap":
        pytest.skip("bubblewrap binds itself to its parent only a moment after the command has started")
    name = f"codebot-orphan-{os.getpid()}"
    script = f"""
import sys
sys.path[:0] = {[str(REPOSITORY), *sys.path]!r}
from pathlib import Path
from bot.verify.sandbox import *
from bot.verify.sandbox.bubble import Bubblewrap
from bot.verify.sandbox.landlock import Landlock
inside = "import os, time; os.fork(); os.setsid() if not os.fork() else 0; time.sleep(600)  # {name}"
with open_sandbox(Path({str(root)!r}), isolated={sandbox.isolated!r}, backend={sandbox.backend!r}) as opened:
    print("open", flush=True)
    opened.run(["python", "-c", inside], limits=Limits(seconds=600))
"""
    environ = {**os.environ, "TMPDIR": str(tmp_path)}  # what a killed codebot cannot tidy up
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        while process.poll() is None and _named(name) < 2:  # this program's own line has it too
            time.sleep(0.05)
        assert process.poll() is None
        process.kill()
    for _ in range(600):
        if not _named(name):
            break
        time.sleep(0.1)
    assert not _named(name)
