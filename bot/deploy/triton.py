"""Where a Triton server is on this machine, and the environment that its Python backend needs."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass, field
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from bot.errors import EngineError

__all__ = ["Binary", "find"]

_HINT = "pip install --no-deps nvidia-pytriton, put tritonserver on PATH, or use the container"


@dataclass(frozen=True, slots=True)
class Binary:
    """A server's program, and how to start it."""

    program: Path
    backends: Path | None = None  # its own backends folder, None: the program knows
    environment: dict[str, str] = field(default_factory=dict)  # what to change in ours


def find(workspace: Path, *, program: str | None = None) -> Binary:
    """Return the server to use: `program`, else PyPI's nvidia-pytriton, else one on PATH.

    Args:
        workspace: A folder of this server's own; the Python backend is put together in it, so that
            nothing is written into the installed package and two servers never share a stub.
        program: Path or name of a tritonserver.

    Raises:
        EngineError: There is none, or its Python backend cannot run here.
    """
    if program is not None:
        found = shutil.which(program)
        if found is None:
            raise EngineError(f"no Triton server at {program}", hint=_HINT)
        return Binary(Path(found))
    wheel = _wheel()
    if wheel is not None:
        return _from_wheel(wheel, workspace)
    if (found := shutil.which("tritonserver")) is not None:
        return Binary(Path(found))
    raise EngineError("no Triton server on this machine", hint=_HINT)


def _wheel() -> Path | None:
    spec = find_spec("pytriton")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place, "tritonserver")
        if (folder / "bin" / "tritonserver").is_file():
            return folder
    return None


def _from_wheel(wheel: Path, workspace: Path) -> Binary:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stub = wheel / "python_backend_stubs" / version / "triton_python_backend_stub"
    if not stub.is_file():
        have = sorted(p.name for p in stub.parent.parent.iterdir())
        raise EngineError(
            f"nvidia-pytriton has no stub for Python {version}, only for {', '.join(have)}", hint=_HINT
        )
    _check_numpy()
    python = workspace / "backends" / "python"
    python.mkdir(parents=True)
    for file in (wheel / "backends" / "python").iterdir():
        if file.name != "__pycache__":
            (python / file.name).symlink_to(file)
    (python / "triton_python_backend_stub").unlink(missing_ok=True)
    (python / "triton_python_backend_stub").symlink_to(stub)
    libraries = [str(wheel.parents[1] / "nvidia_pytriton.libs")]  # RPATHs are relative to the wheel
    if (own := _libpython()) is not None:
        libraries.append(str(own))
    return Binary(
        wheel / "bin" / "tritonserver",
        python.parent,
        {
            "LD_LIBRARY_PATH": os.pathsep.join(libraries),
            # the stub embeds libpython, which finds its packages by the first `python3` on PATH
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        },
    )


def _check_numpy() -> None:
    """The stub is built against numpy 1's layout: under numpy 2 every tensor it makes is empty or garbage."""
    try:
        version = metadata.version("numpy")
    except metadata.PackageNotFoundError:
        raise EngineError("Triton's Python models need numpy", hint="pip install 'numpy<2'") from None
    if int(version.partition(".")[0]) > 1:
        hint = "pip install 'codebot[serve]', or 'numpy<2' (Python 3.12 at most), or use the container"
        raise EngineError(
            f"nvidia-pytriton's Python backend needs numpy below 2; here is {version}", hint=hint
        )


def _libpython() -> Path | None:
    """Return the folder of this Python's shared library; None where the loader will find it by itself."""
    name = sysconfig.get_config_var("INSTSONAME") or ""
    candidates = [sysconfig.get_config_var("LIBDIR"), Path(sys.base_prefix, "lib")]
    for folder in candidates:
        if folder and ".so" in name and Path(folder, name).is_file():
            return Path(folder)
    return None
