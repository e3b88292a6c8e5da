"""Attempts on what all processes of a user share, and namespaces would have kept apart: each call by itself.

As in `test_attacks`, and `CODEBOT_TEST_SANDBOX=off` shows here too that the attacks work where nothing holds.
"""

from __future__ import annotations

import ctypes
import os
import resource
import socket
import subprocess
import sys
import sysconfig
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.verify.sandbox.conftest import SECRET
from tests.verify.sandbox.test_attacks import assert_held, attack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.verify.sandbox import Sandbox

pytestmark = pytest.mark.usefixtures("linux")
REPOSITORY = Path(__file__).parents[3]
# Every attack begins with these: `go` carries one out, and says which came through.
HEAD = """
import ctypes, os, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
machine = 0 if os.uname().machine == "x86_64" else 1
def go(what, call, *arguments, **named):
    try:
        if call(*arguments, **named) not in (-1, None, False, b""):
            print("ESCAPED", what, flush=True)
    except (OSError, AttributeError, ValueError):
        pass
def syscall(*arguments):
    return libc.syscall(*(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments))
def done(call):
    return lambda *arguments, **named: call(*arguments, **named) is None
print("ran", flush=True)
"""


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process of the same user, with a secret in its environment and its memory."""
    script = "import os, time; secret = os.environ['TOKEN']; print('up', flush=True); time.sleep(120)"
    process = subprocess.Popen(
        [sys.executable, "-c", script], env={"TOKEN": SECRET}, stdout=subprocess.PIPE, process_group=0
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    with process:
        yield process
        process.kill()


def test_another_process_is_not_read(sandbox: Sandbox, victim: subprocess.Popen[bytes]) -> None:
    script = """
def read(path):
    with open(path, "rb") as stream:
        return stream.read(100)
for name in ("environ", "maps", "cmdline", "auxv", "stat", "mem", "root/etc/passwd", "cwd/README.md"):
    go(name, read, f"/proc/{victim}/{name}")
for name in ("fd", "task", "map_files", "ns"):
    go(name, os.listdir, f"/proc/{victim}/{name}")
for name in ("exe", "cwd", "root", "fd/1", "ns/net"):
    go(name, os.readlink, f"/proc/{victim}/{name}")
block = ctypes.create_string_buffer(64)
go("pidfd_getfd", syscall, 438, syscall(434, victim, 0), 1, 0)
go("ptrace", libc.ptrace, 0x4206, victim, 0, 0)
"""
    assert_held(attack(sandbox, HEAD + script, victim=victim.pid))


def test_another_process_is_not_signalled(sandbox: Sandbox, victim: subprocess.Popen[bytes]) -> None:
    script = """
import fcntl, signal
kill = done(os.kill)
for number in (0, signal.SIGTERM):
    go("kill", kill, victim, number)
    go("group", kill, -victim, number)
    go("tkill", lambda: syscall((200, 130)[machine], victim, number) == 0)
    go("tgkill", lambda: syscall((234, 131)[machine], victim, victim, number) == 0)
    information = struct.pack("=iii", number, 0, -1) + bytes(116)
    go("queue", lambda: syscall((129, 138)[machine], victim, number, information) == 0)
    go("pidfd", lambda: syscall(424, syscall(434, victim, 0), number, 0, 0) == 0)
reading, writing = os.pipe()
for owner in (victim, -victim):
    try:
        fcntl.fcntl(reading, 10, signal.SIGTERM)
        fcntl.fcntl(reading, 8, owner)
        fcntl.fcntl(reading, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(writing, b"x")
    except OSError:
        pass
me = os.getpid()
for pid in range(max(2, me - 200), me + 200):  # who keeps the sandbox was started a moment ago
    if pid not in (me, os.getppid()):
        go(f"kill {pid}", kill, pid, 0)
"""
    assert_held(attack(sandbox, HEAD + script, victim=victim.pid))
    assert victim.poll() is None


def test_another_process_is_not_slowed(sandbox: Sandbox, victim: subprocess.Popen[bytes]) -> None:
    def state() -> object:
        files = resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
        nice = os.getpriority(os.PRIO_PROCESS, victim.pid)
        return files, nice, os.sched_getaffinity(victim.pid), os.sched_getscheduler(victim.pid)

    before = state()
    script = """
import resource
go("prlimit", resource.prlimit, victim, resource.RLIMIT_NOFILE, (3, 3))
go("read", resource.prlimit, victim, resource.RLIMIT_NOFILE)
go("nice", done(os.setpriority), os.PRIO_PROCESS, victim, 19)
go("nice of a group", done(os.setpriority), os.PRIO_PGRP, victim, 19)
go("scheduler", done(os.sched_setscheduler), victim, os.SCHED_IDLE, os.sched_param(0))
go("affinity", done(os.sched_setaffinity), victim, [0])
go("input", lambda: syscall((251, 30)[machine], 1, victim, 3 << 13) == 0)
"""
    assert_held(attack(sandbox, HEAD + script, victim=victim.pid))
    assert state() == before


def test_files_outside_keep_their_attributes(sandbox: Sandbox, home: Path) -> None:
    """Landlock itself says nothing of modes, owners, times and attributes."""
    outside = [home / "notes.txt", home, home / ".ssh" / "id_ed25519"]

    def state() -> object:
        told = [path.stat() for path in outside]
        return [(each.st_mode, each.st_mtime_ns, each.st_size, each.st_uid, each.st_nlink) for each in told]

    before = state(), sorted(os.listdir(home))
    script = """
for path in paths:
    os.path.lexists("link") and os.unlink("link")
    os.symlink(path, "link")
    for name in (path, "link", os.path.relpath(path), f"/proc/self/root{path}"):
        go("chmod", done(os.chmod), name, 0o777)
        go("utime", done(os.utime), name, (1, 1))
        go("chown", done(os.chown), name, os.getuid(), os.getgid())
        go("xattr", done(os.setxattr), name, "user.codebot", b"x")
        go("truncate", done(os.truncate), name, 0)
        go("unlink", done(os.unlink), path)
        go("rename", done(os.rename), path, "mine")
        go("link", done(os.link), path, "mine")
        go("move in", done(os.rename), "link", path + ".new")
        go("mkdir", done(os.mkdir), path + ".new")
        go("mkfifo", done(os.mkfifo), path + ".new")
        go("symlink", done(os.symlink), "x", path + ".new")
    try:
        held = os.open(path, os.O_PATH)
    except OSError:
        continue
    go("fchmod", done(os.chmod), f"/proc/self/fd/{held}", 0o777)
    go("fchmod", lambda: syscall((91, 52)[machine], held, 0o777) == 0)
    go("fchmodat2", lambda: syscall(452, held, b"", 0o777, 0x1000) == 0)
    go("futimens", lambda: libc.futimens(held, None) == 0)
    go("utimensat", lambda: libc.utimensat(held, b".", None, 0) == 0)
    go("file_setattr", lambda: syscall(469, -100, path.encode(), bytes(24), 24, 0) == 0)
    go("read at", os.open, "notes.txt", os.O_RDONLY, dir_fd=held)
    os.chdir("/")
    go("cwd", lambda: libc.chmod(path[1:].encode(), 0o777) == 0)
    go("at", done(os.chmod), path[1:], 0o777)
"""
    paths = [*map(str, outside), str(sandbox.root.parent.parent)]
    result = attack(sandbox, HEAD + script, paths=paths)
    if sandbox.backend.name == "bubblewrap":
        assert b"ran" in result.stdout  # it may do so to folders of its own of the same name
    else:
        assert_held(result)
    assert (state(), sorted(os.listdir(home))) == before


def test_a_race_between_names_is_not_won(sandbox: Sandbox, home: Path) -> None:
    """While the keeper changes a mode in the caller's place, the name is swapped under its hands."""
    mode = (home / "notes.txt").stat().st_mode
    script = """
os.makedirs("real")
os.symlink(home, "trap")
open("real/notes.txt", "w").close()
os.symlink("real", "swapped")
over = time.monotonic() + 3
def swap():
    while time.monotonic() < over:
        for target in (home, "real"):
            os.symlink(target, "next")
            os.rename("next", "swapped")
threading.Thread(target=swap).start()
tries = 0
while time.monotonic() < over:
    try:
        os.chmod("swapped/notes.txt", 0o4777)
        tries += 1
    except OSError:
        pass
print("changed", tries)
"""
    result = attack(sandbox, HEAD + script, home=str(home))
    assert b"changed" in result.stdout, result
    assert (home / "notes.txt").stat().st_mode == mode


def test_shared_memory_of_others_is_not_read(sandbox: Sandbox) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(0, 4096, 0o1600)
    block = libc.shmat(number, None, 0)
    ctypes.memmove(block, SECRET.encode(), len(SECRET))
    posix = Path(f"/dev/shm/codebot-test-{os.getpid()}")  # noqa: S108 - where other programs share memory
    posix.write_text(SECRET)
    try:
        script = """
libc.shmat.restype = ctypes.c_void_p
found = libc.shmat(number, None, 0o10000)
if found and found != ctypes.c_void_p(-1).value:
    print("ESCAPED", ctypes.string_at(found, 30))
go("remove", lambda: libc.shmctl(number, 0, None) == 0)
go("posix", open, posix)
go("list", lambda: "codebot-test" in str(os.listdir(os.path.dirname(posix))))
if unshared:
    go("queue", lambda: libc.mq_open(b"/codebot-test", os.O_CREAT | os.O_RDWR, 0o600, None) + 1)
"""
        unshared = sandbox.backend.name != "bubblewrap"
        result = attack(
            sandbox,
            HEAD + script,
            number=number,
            posix=str(posix),
            unshared=unshared,
        )
        assert_held(result)
    finally:
        libc.shmdt(ctypes.c_void_p(block))
        assert libc.shmctl(number, 0, None) == 0  # it was still there
        posix.unlink()


def test_no_way_to_sockets_through_a_pair(sandbox: Sandbox, home: Path) -> None:
    """A pair needs no network and no name, but what kind of socket it is of can be told where to send."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as server:
        server.bind(str(home / "log"))
        server.settimeout(0.1)
        script = """
for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
    try:
        one, other = socket.socketpair(socket.AF_UNIX, kind)
    except OSError:
        continue
    for send in (lambda: one.sendto(b"secret", address), lambda: one.sendmsg([b"secret"], [], 0, address)):
        try:
            send()  # the other end of the pair may have it
        except OSError:
            pass
    go("connect", done(one.connect), address)
    other.close()
    go("connect", done(one.connect), address)
"""
        assert_held(attack(sandbox, HEAD + script, address=str(home / "log")))
        with pytest.raises(TimeoutError):
            server.recv(10)


def test_names_of_files_outside_are_not_told(sandbox: Sandbox, home: Path) -> None:
    script = """
go("list", os.listdir, home)
go("scan", lambda: list(os.scandir(home)))
watch = libc.inotify_init1(0)
go("watch", lambda: libc.inotify_add_watch(watch, home.encode(), 0xFFF) + 1)
"""
    result = attack(sandbox, HEAD + script, home=str(home))
    assert_held(result)
    assert b"notes.txt" not in result.stdout


@pytest.mark.usefixtures("harmful")
def test_the_environment_stays_as_it_is(sandbox: Sandbox) -> None:
    """What is shown for reading belongs to the same user, who could change more than its bytes."""
    path = Path(sysconfig.get_path("purelib"), "pytest", "__init__.py")
    before = path.stat()
    script = """
import fcntl
go("write", open, path, "r+")
go("chmod", done(os.chmod), path, 0)
go("utime", done(os.utime), path)
held = os.open(path, os.O_RDONLY)
go("fchmod", done(os.fchmod), held, 0)
go("futimens", done(os.utime), held)
go("flags", lambda: fcntl.ioctl(held, 0x40086602, struct.pack("l", 0x40)) == 0)
go("seal", lambda: fcntl.ioctl(held, 0x40806685, struct.pack("=IIIIQII", 1, 1, 4096, 0, 0, 0, 0) + bytes(96)))
go("lease", lambda: fcntl.fcntl(held, 1024, fcntl.F_RDLCK) == 0)
go("open to cut", os.open, path, os.O_RDONLY | os.O_TRUNC)
"""
    assert_held(attack(sandbox, HEAD + script, path=str(path)))
    after = path.stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_size) == (
        before.st_mode,
        before.st_mtime_ns,
        before.st_size,
    )


def test_nothing_is_inherited(sandbox: Sandbox) -> None:
    script = """
for number in range(3, 1024):
    go(number, os.fstat, number)
go("a filter of its own", lambda: syscall((317, 277)[machine], 1, 8, struct.pack("@HP", 1, 0)) + 1)
"""
    assert_held(attack(sandbox, HEAD + script))


@pytest.mark.usefixtures("harmful")
def test_devices_stay_as_they_are(sandbox: Sandbox) -> None:
    """They belong to root, and may be the machine's own: without /dev/null no program of others starts."""
    names = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom", "tty")]

    def state() -> object:
        return [(each.st_mode, each.st_mtime_ns, each.st_ctime_ns) for each in map(os.stat, names)]

    before = state()
    script = """
for name in names:
    mode = os.stat(name).st_mode & 0o7777
    go("chmod", done(os.chmod), name, mode)
    go("fchmod", lambda: syscall((91, 52)[machine], os.open(name, os.O_RDWR), mode) == 0)
    go("utime", done(os.utime), name, (1, 1))
go("input", done(os.fchmod), 0, 0o666)
"""
    result = attack(sandbox, HEAD + script, names=names)
    if sandbox.backend.name == "bubblewrap":
        assert b"ran" in result.stdout  # it has devices of its own
    else:
        assert_held(result)
    assert state() == before
    script = "open('/dev/null', 'w').write('x'); print(open('/dev/zero', 'rb').read(1))"
    ran = sandbox.run(["python", "-c", script])
    assert ran.stdout == b"b'\\x00'\n", ran
