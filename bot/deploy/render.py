"""Fill the templates of `model_repository/` into a folder that Triton serves."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from bot.deploy.settings import PROFILES, Profile, Settings
from bot.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["fill", "render", "templates"]

_PLACE = re.compile(r"\$\{([a-zA-Z_0-9]+)\}")
_ONLY = re.compile(r"\s*# only: ([a-z ]+)$")
_MODELS = ("ensemble", "preprocessing", "postprocessing", "tensorrt_llm", "tensorrt_llm_bls")
_OURS = ("preprocessing", "postprocessing", "tensorrt_llm_bls")  # Python in every profile


def templates() -> Path:
    """Return where the templates lie: in the installed package, or in the source tree beside it.

    Raises:
        UsageError: They are in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package, package.parent):
        if (root / "model_repository" / "ensemble" / "config.pbtxt").is_file():
            return root / "model_repository"
    raise UsageError("the model repository is not part of this installation", hint="install codebot again")


def fill(text: str, values: Mapping[str, object], profile: Profile, *, where: str = "template") -> str:
    """Return a template with every `${name}` replaced.

    A line whose parameter is None is left out, and so is one marked `# only:` for other profiles.

    Raises:
        UsageError: A parameter is unknown, a required one is unset, or a value would break the file.
    """
    lines = []
    for line in text.splitlines():
        if (only := _ONLY.search(line)) is not None:
            names = only[1].split()
            assert set(names) <= set(PROFILES), f"{where}: {line}"  # noqa: S101 - a template's mistake
            if profile not in names:
                continue
            line = line[: only.start()]  # noqa: PLW2901 - the mark is for us
        unset = False
        for name in _PLACE.findall(line):
            if name not in values:
                raise UsageError(f"{where}: the template has an unknown parameter {name}")
            if values[name] is None:
                if not line.startswith("parameters"):
                    raise UsageError(f"{where}: parameter {name} must be set")
                unset = True
        if not unset:
            lines.append(_PLACE.sub(lambda m: _spell(values[m[1]], m[1]), line))
    return "\n".join(lines) + "\n"


def render(settings: Settings, target: Path, *, force: bool = False) -> Path:
    """Write the repository for these settings to `target`, whole or not at all, and return it.

    Args:
        settings: What to fill in.
        target: A new folder, an empty one, or an earlier rendering.
        force: Replace `target` whatever it holds.

    Raises:
        UsageError: `target` holds something else, or a template cannot be filled.
    """
    if target.exists() and not force and not _replaceable(target):
        raise UsageError(f"{target} is not empty and was not rendered by codebot", hint="use --force")
    target.parent.mkdir(parents=True, exist_ok=True)
    values = {f.name: getattr(settings, f.name) for f in fields(settings)}
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as temporary:
        part = Path(temporary, "repository")
        for name in _MODELS:
            _model(name, part / name, values, settings.profile)
        kept = {k: v for k, v in values.items() if v is not None}
        (part / "codebot-render.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        part.chmod(0o755)
        if target.exists():
            os.replace(target, Path(temporary, "old"))
        os.replace(part, target)
    return target


def _model(name: str, folder: Path, values: Mapping[str, object], profile: Profile) -> None:
    source = templates()
    version = folder / "1"
    version.mkdir(parents=True)
    (version / ".gitkeep").touch()  # Triton wants the version folder, git would not keep an empty one
    text = (source / name / "config.pbtxt").read_text("utf-8")
    (folder / "config.pbtxt").write_text(fill(text, values, profile, where=f"{name}/config.pbtxt"), "utf-8")
    if name == "tensorrt_llm_bls" and profile == "embedded":
        _whole(source, version)
    elif name in _OURS:
        _copy(source / name / "1", version)
    elif name == "tensorrt_llm" and profile != "tensorrt":
        _copy(source / name / "1", version)
        _copy(source / profile / "1", version)
        if (yaml := source / profile / "1" / "model.yaml").is_file():
            (version / "model.yaml").write_text(
                fill(yaml.read_text("utf-8"), values, profile, where=f"{profile}/1/model.yaml"), "utf-8"
            )


def _whole(source: Path, version: Path) -> None:
    """Put the embedded profile's model of text together from the parts of the other models."""
    for name in ("preprocessing", "postprocessing", "tensorrt_llm_bls", "tensorrt_llm"):
        _copy(source / name / "1", version)
    shutil.copyfile(source / "embedded" / "1" / "model.py", version / "inner.py")
    _copy(source / "embedded" / "bls", version)


def _copy(source: Path, target: Path) -> None:
    for file in sorted(source.glob("*.py")):
        shutil.copyfile(file, target / file.name)


def _replaceable(target: Path) -> bool:
    return target.is_dir() and ((target / "codebot-render.json").is_file() or not any(target.iterdir()))


def _spell(value: object, name: str) -> str:
    """Return a value as a config.pbtxt spells it, safe inside double quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if "\n" in text or "\r" in text or "\0" in text:
        raise UsageError(f"{name}: a line break cannot be part of it")
    return text.replace("\\", "\\\\").replace('"', '\\"')
