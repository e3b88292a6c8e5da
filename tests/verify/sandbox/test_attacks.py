"""Attempts to get out of the sandbox, or to use up the machine from inside it; each one must fail.

An attack is a script that a hostile model could have written. It says ESCAPED when it got what it wanted;
every test also looks at the victim from outside. `CODEBOT_TEST_SANDBOX=off` shows that each works without.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from textwrap import dedent

import pytest

from bot.report.escape import visible
from bot.verify.sandbox import Limits, Result, Sandbox
from tests.verify.sandbox.conftest import SECRET

MIB = 1024 * 1024


def attack(sandbox: Sandbox, script: str, *, limits: Limits | None = None, **values: object) -> Result:
    """Run a script as a model's test would run."""
    head = "".join(f"{name} = {value!r}\n" for name, value in values.items())
    return sandbox.run(
        ["python", "attack.py"], files={"attack.py": (head + dedent(script)).encode()}, limits=limits
    )


def assert_held(result: Result) -> None:
    assert b"ran" in result.stdout, result  # the attack itself was carried out
    assert b"ESCAPED" not in result.stdout, result
    assert SECRET.encode() not in result.stdout + result.stderr


# Looking


def test_the_home_folder_is_not_there(sandbox: Sandbox, home: Path) -> None:
    result = attack(
        sandbox,
        """
        import os, pathlib
        print("ran")
        for path in (home, os.path.expanduser("~"), "/root", "/home"):
            for found in pathlib.Path(path).rglob("id_ed25519"):
                print("ESCAPED", found.read_text())
        """,
        home=str(home),
    )
    assert_held(result)


def test_the_environment_is_not_passed_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent.sock")
    result = attack(
        sandbox,
        """
        import os, pathlib
        print("ran", os.environ)
        if "SSH_AUTH_SOCK" in os.environ or "GITHUB_TOKEN" in os.environ:
            print("ESCAPED")
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                print(path.read_bytes())
            except OSError:
                pass
        """,
    )
    assert_held(result)


def test_tokens_in_the_repository_are_not_there(sandbox: Sandbox) -> None:
    result = attack(
        sandbox,
        """
        import os, pathlib
        print("ran")
        for name in (".git/config", ".env"):
            if os.path.exists(name):
                print(pathlib.Path(name).read_text())
        """,
    )
    assert_held(result)


@pytest.mark.usefixtures("linux")
def test_other_processes_are_not_there(sandbox: Sandbox) -> None:
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)  # the victim"])
    result = attack(
        sandbox,
        """
        import os, signal
        print("ran")
        for pid in (victim, *range(1, 5000)):
            try:
                if "the victim" in open(f"/proc/{pid}/cmdline").read():
                    print("ESCAPED", pid)
            except OSError:
                pass
        if victim > 20:
            try:
                os.kill(victim, signal.SIGKILL)
            except OSError:
                pass
        """,
        victim=victim.pid,
    )
    assert_held(result)
    assert victim.poll() is None
    victim.kill()
    victim.wait()


def test_system_files_are_not_there(sandbox: Sandbox) -> None:
    result = attack(
        sandbox,
        """
        import os
        print("ran")
        for path in ("/etc/shadow", "/etc/ssh", "/run/docker.sock", "/var/run/secrets", "/var/log", "/sys"):
            if hidden and os.path.exists(path):
                print("ESCAPED", path)
            for look in (os.listdir, open):
                try:
                    print("ESCAPED", look(path))
                except OSError:
                    pass
        """,
        hidden=sandbox.backend.name == "bubblewrap",  # Landlock refuses to open; that it is there can be seen
    )
    assert_held(result)


# Writing


@pytest.mark.usefixtures("harmful")
def test_nothing_is_written_outside(sandbox: Sandbox, home: Path, root: Path) -> None:
    outside = root.parent / "outside"
    result = attack(
        sandbox,
        """
        import os
        print("ran")
        for path in (f"{home}/notes.txt", outside, "/usr/lib/x", "/etc/x", "/x", "/var/tmp/codebot-attack"):
            try:
                with open(path, "w") as stream:
                    stream.write("owned")
            except OSError:
                pass
        """,
        home=str(home),
        outside=str(outside),
    )
    assert_held(result)
    assert (home / "notes.txt").read_text() == "before"
    assert not outside.exists()
    assert not os.path.exists("/var/tmp/codebot-attack")  # noqa: S108 - where the attack would leave it


def test_the_repository_itself_stays_as_it_is(sandbox: Sandbox, root: Path) -> None:
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    attack(
        sandbox,
        """
        import os, shutil
        for folder, folders, files in os.walk(ROOT, topdown=False):
            for name in files:
                try:
                    os.unlink(os.path.join(folder, name))
                except OSError:
                    pass
        """,
        ROOT=str(sandbox.root),
    )
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def test_a_run_leaves_nothing_for_the_next(sandbox: Sandbox) -> None:
    sandbox.run(["python", "-c", "open('shop.py', 'w').write('x'); open('/tmp/left', 'w').write('x')"])
    result = sandbox.run(
        ["python", "-c", "import os; print(os.path.exists('/tmp/left'), open('shop.py').read())"]
    )
    assert result.stdout.startswith(b"False def total")


@pytest.mark.usefixtures("linux")
def test_links_lead_nowhere(sandbox: Sandbox, home: Path) -> None:
    """Also not when codebot itself reads what a link in the copy points to."""
    script = f"import os; os.symlink({str(home / '.ssh' / 'id_ed25519')!r}, 'report.xml'); print('ran')"
    result = sandbox.run(["python", "-c", script], outputs=["report.xml"])
    assert b"ran" in result.stdout
    assert result.files == {}
    result = attack(
        sandbox,
        """
        import os
        print("ran")
        for number in range(1, 10):
            for way in ("root", "cwd"):
                for up in ("", "/../.."):
                    path = f"/proc/{number}/{way}{up}{home}/notes.txt"
                    try:
                        open(path, "r+").write("owned")
                        print("ESCAPED", path)
                    except OSError:
                        pass
        """,
        home=str(home),
    )
    assert_held(result)
    assert (home / "notes.txt").read_text() == "before"


@pytest.mark.usefixtures("linux")
def test_the_kernels_settings_cannot_be_written(sandbox: Sandbox) -> None:
    """Root outside owns these files even from a user namespace; `core_pattern` names a program to run."""
    result = attack(
        sandbox,
        """
        import os
        print("ran")
        for path in ("sys/kernel/core_pattern", "sys/kernel/modprobe", "sys/fs/file-max", "sysrq-trigger",
                     "self/oom_score_adj", "1/oom_score_adj"):
            try:
                os.close(os.open(f"/proc/{path}", os.O_WRONLY))
                print("ESCAPED", path)
            except OSError:
                pass
        """,
    )
    assert_held(result)


@pytest.mark.usefixtures("linux", "harmful")
def test_no_new_namespaces_mounts_or_keys(sandbox: Sandbox) -> None:
    result = attack(
        sandbox,
        """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        print("ran")
        if libc.unshare(0x10000000) == 0 or libc.unshare(0x00020000) == 0:
            print("ESCAPED unshare")
        if libc.mount(b"none", b"/tmp", b"tmpfs", 0, b"") == 0:
            print("ESCAPED mount")
        calls = {"x86_64": (250, 319, 425, 101, 29), "aarch64": (219, 279, 425, 117, 194)}[os.uname().machine]
        keyctl, memfd, ring, ptrace, shm = calls
        if libc.syscall(keyctl, 0, -3, 0) > 0:
            print("ESCAPED keyring")
        if libc.syscall(memfd, b"x", 0) >= 0:
            print("ESCAPED memfd")
        if libc.syscall(ring, 1, ctypes.create_string_buffer(200)) >= 0:
            print("ESCAPED io_uring")
        if libc.syscall(shm, 0, 4096, 0o1600) >= 0:
            print("ESCAPED shmget")
        """,
    )
    assert_held(result)


@pytest.mark.usefixtures("linux")
def test_no_process_is_traced(sandbox: Sandbox) -> None:
    result = attack(
        sandbox,
        """
        import ctypes, os, time
        libc = ctypes.CDLL(None, use_errno=True)
        child = os.fork()
        if not child:
            time.sleep(30)
        print("ran")
        if libc.ptrace(16, child, 0, 0) == 0:  # PTRACE_ATTACH
            print("ESCAPED")
        os.kill(child, 9)
        """,
    )
    assert_held(result)


# Reaching


def test_no_tcp_out(sandbox: Sandbox) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.1)
        result = attack(
            sandbox,
            """
            import socket
            print("ran")
            for host in ("127.0.0.1", "localhost"):
                try:
                    socket.create_connection((host, port), timeout=2)
                    print("ESCAPED", host)
                except OSError:
                    pass
            """,
            port=server.getsockname()[1],
        )
        assert_held(result)
        with pytest.raises(TimeoutError):
            server.accept()


def test_no_udp_out(sandbox: Sandbox) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.1)
        result = attack(
            sandbox,
            """
            import socket
            print("ran")
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for host in ("127.0.0.1", "255.255.255.255"):
                try:
                    one.sendto(b"secret", (host, port))
                except OSError:
                    pass
            """,
            port=server.getsockname()[1],
        )
        assert_held(result)
        with pytest.raises(TimeoutError):
            server.recv(10)


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_no_unix_socket_out(sandbox: Sandbox, home: Path, kind: str) -> None:
    address = str(home / "agent.sock") if kind == "file" else f"\0codebot-test-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(address)
        server.listen()
        result = attack(
            sandbox,
            """
            import socket
            print("ran")
            try:
                socket.socket(socket.AF_UNIX).connect(address)
                print("ESCAPED")
            except OSError:
                pass
            """,
            address=address,
        )
        assert_held(result)


@pytest.mark.usefixtures("linux")
def test_no_other_kind_of_socket(sandbox: Sandbox) -> None:
    """Virtual machines talk to their host by vsock, which knows no network namespaces."""
    result = attack(
        sandbox,
        """
        import socket
        print("ran")
        for family in (40, 17, 38, 31):  # vsock, packet, algorithms, Bluetooth
            try:
                socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_RAW)
                print("ESCAPED", family)
            except OSError as error:
                print(family, error.errno)
        """,
    )
    assert_held(result)
    assert b"40 97" in result.stdout  # not "no such device", which another machine would have


# Using up


def test_an_endless_loop_ends(sandbox: Sandbox) -> None:
    result = attack(sandbox, "while True: pass", limits=Limits(seconds=1))
    assert result.ended == "timeout"
    assert result.code == -9


def test_processor_time_ends(sandbox: Sandbox) -> None:
    result = attack(sandbox, "while True: pass", limits=Limits(seconds=30, cpu_seconds=1))
    assert result.ended == "cpu"


def test_sleeping_ends(sandbox: Sandbox) -> None:
    script = "import signal, time\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(600)"
    assert attack(sandbox, script, limits=Limits(seconds=1)).ended == "timeout"


@pytest.mark.usefixtures("linux", "harmful")
def test_a_fork_bomb_stays_small(sandbox: Sandbox) -> None:
    script = b"""
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)
"""
    name = f"bomb_{os.getpid()}.py"  # beside what else goes on here
    most = [0]
    over = threading.Event()

    def count() -> None:
        while not over.wait(0.02):
            most[0] = max(most[0], _named(name))

    counter = threading.Thread(target=count)
    counter.start()
    limits = Limits(seconds=2, processes=40)
    result = sandbox.run(["python", name], files={name: script}, limits=limits)
    over.set()
    counter.join()
    assert result.ended in {"timeout", "processes"}
    assert 1 < most[0] < 80
    assert _named(name) == 0


@pytest.mark.usefixtures("harmful")
def test_one_process_cannot_fill_memory(sandbox: Sandbox) -> None:
    result = attack(sandbox, "x = []\nwhile True: x.append(bytearray(8 << 20))")
    assert result.ended == "memory" or b"MemoryError" in result.stderr


@pytest.mark.usefixtures("linux", "harmful")
def test_many_processes_cannot_fill_memory(sandbox: Sandbox) -> None:
    """Each stays below the limit of one process; shared memory is in no process's own."""
    script = """
        import mmap, os, time
        for _ in range(8):
            if not os.fork():
                block = mmap.mmap(-1, 100 << 20)
                for offset in range(0, 100 << 20, 4096):
                    block[offset] = 1
                time.sleep(60)
        time.sleep(60)
        """
    result = attack(sandbox, script)
    assert result.ended == "memory"


@pytest.mark.usefixtures("linux", "harmful")
@pytest.mark.parametrize("where", [".", "/tmp", "/dev/shm"])  # noqa: S108 - in the sandbox
def test_the_disk_cannot_be_filled(sandbox: Sandbox, where: str) -> None:
    script = """
        import os
        print("ran", flush=True)
        for number in range(1000):
            try:
                with open(f"{where}/{number}", "wb") as stream:
                    for _ in range(15):
                        stream.write(bytes(1 << 20))
            except OSError as error:
                print(error, flush=True)
                break
        else:
            print("ESCAPED")
        """
    result = attack(sandbox, script, where=where)
    assert_held(result)
    refused = b"No space" in result.stdout or (where != "." and b"Permission denied" in result.stdout)
    assert result.ended in {"disk", "memory"} or refused


def test_a_file_cannot_be_large(sandbox: Sandbox) -> None:
    script = """
        print("ran", flush=True)
        stream = open("large", "wb")
        for _ in range(64):
            stream.write(bytes(1 << 20))
        print("ESCAPED", flush=True)
        """
    result = attack(sandbox, script, limits=Limits(seconds=10, file_bytes=4 * MIB))
    assert_held(result)
    assert not result.ok


def test_output_is_cut(sandbox: Sandbox) -> None:
    result = attack(sandbox, "while True: print('x' * 10000)", limits=Limits(seconds=20, output=100_000))
    assert result.ended == "output"
    assert len(result.stdout) == 100_000


# Outliving


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize(
    "script",
    [
        "if not os.fork(): hide()",
        "if not os.fork():\n    os.setsid()\n    if not os.fork(): hide()\n    os._exit(0)",
        "import subprocess\nsubprocess.Popen([sys.executable, '-c', f'import time; time.sleep(600)  # {name}'], start_new_session=True)",  # noqa: E501 - a script
    ],
    ids=["child", "double fork", "new session"],
)
def test_nothing_outlives_the_run(sandbox: Sandbox, script: str) -> None:
    name = f"codebot-daemon-{os.getpid()}"
    head = f"""
import os, signal, time, ctypes
name = {name!r}
def hide():
    for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    for each in range(3):
        os.close(each)
    os.execv(sys.executable, [sys.executable, "-c", f"import time; time.sleep(600)  # {{name}}"])
import sys
print("ran", flush=True)
"""
    result = attack(sandbox, head + script)
    assert b"ran" in result.stdout
    assert result.ended == "exit"
    assert not _running(name)


@pytest.mark.usefixtures("linux", "harmful")
def test_killing_what_watches_is_noticed(sandbox: Sandbox) -> None:
    script = """
        import os, signal, time
        print("ran", flush=True)
        for pid in (os.getppid(), 1):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError:
            pass
        time.sleep(30)
        """
    result = attack(sandbox, script)
    assert result.ended == "killed"
    assert not result.ok
    assert os.getppid() > 0  # and here we are


def test_success_cannot_be_claimed_by_a_signal(sandbox: Sandbox) -> None:
    result = attack(sandbox, "import os\nos.kill(os.getpid(), 9)")
    assert (result.code, result.ended, result.ok) == (-9, "exit", False)


# Printing


def test_terminal_escapes_and_ci_commands_stay_text(sandbox: Sandbox) -> None:
    """The sandbox hands bytes on as they are; what is shown of them goes through the one escaping door."""
    script = r"""
        print("\x1b]0;owned\x07\x1b[2J\x9b31m")
        print("::set-output name=x::y\n##vso[task.setvariable]x")
        """
    result = attack(sandbox, script)
    shown = visible(result.stdout.decode("utf-8", "replace"))
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\x07" not in shown


# Bad requests


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x"])
def test_codebot_itself_writes_only_inside(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(ValueError, match="leaves the repository"):
        sandbox.run(["true"], files={name: b""})


def test_a_file_is_written_over_a_link_not_through_it(sandbox: Sandbox, root: Path, home: Path) -> None:
    (root / "shop_link.py").symlink_to(home / "notes.txt")
    result = sandbox.run(["python", "-c", "import shop_link"], files={"shop_link.py": b"print('mine')"})
    assert result.stdout == b"mine\n"
    assert (home / "notes.txt").read_text() == "before"


def _named(name: str) -> int:
    """Return how many processes have a name on their command line."""
    found = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            found += name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    return found


def _running(name: str) -> bool:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            told = Path(f"/proc/{pid}/cmdline").read_bytes()
            if name.encode() in told and b"attack" not in told:
                return True
    return False
