"""The table of settings: name, type, default, help and the variable that sets each.

Flags, `codebot doctor` and the manual can be made from `FIELDS`; `bot.config` fills `Settings` through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Union

__all__ = ["FIELDS", "HERE", "TASKS", "Confidence", "Field", "Settings", "Unfit"]

TASKS = ("docstrings",)
HERE = Path()  # what relative paths from flags and the environment start from

Confidence = Union[float, Literal["calibrated", "off"]]


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, checked and typed. `sources` says where each value came from, in words."""

    engine: str = "embedded:"
    tasks: tuple[str, ...] = ("docstrings",)
    style: str = "auto"
    sections: str = "auto"
    private: bool = False
    tests: bool = False
    improve: bool = False
    jobs: int | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_bytes: int = 1_048_576
    line_length: int = 88
    limit: int | None = None
    prompts: Path | None = None
    confidence: Confidence = "calibrated"
    cache: bool = True
    record: Path | None = None
    egress_log: Path | None = None
    engine_ca: Path | None = None
    engine_cert: Path | None = None
    engine_key: Path | None = None
    engine_headers: Path | None = None
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)


class Unfit(Exception):  # noqa: N818 - a signal between a reader and `load`, which words the error
    """The value is not what the setting takes."""


Reader = Callable[[object, Path], object]  # (value, folder that relative paths start from) -> typed value


@dataclass(frozen=True, slots=True)
class Field:
    """One setting: `read` types a value from TOML, the environment or a flag."""

    name: str
    read: Reader
    expects: str  # in words: "… must be <expects>"
    example: str  # as TOML
    help: str
    choices: tuple[str, ...] = ()

    @property
    def env(self) -> str:
        """The environment variable that sets it."""
        return f"CODEBOT_{self.name.upper()}"

    @property
    def flag(self) -> str:
        """The command-line flag that sets it."""
        return "--" + self.name.replace("_", "-")

    @property
    def default(self) -> object:
        """Its value when nothing sets it."""
        return getattr(Settings(), self.name)


def _text(value: object, _base: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Unfit
    return value.strip()


def _engine(value: object, base: Path) -> str:
    url = _text(value, base)
    scheme, colon, rest = url.partition(":")
    if not colon:
        raise Unfit
    if scheme in {"embedded", "replay"} and rest:  # a folder: relative to the file that names it
        return f"{scheme}:{_path(rest, base)}"
    return url


def _flag(value: object, _base: Path) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise Unfit


def _whole(minimum: int) -> Reader:
    def read(value: object, _base: Path) -> int:
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise Unfit
        return value

    return read


def _one_of(*choices: str) -> Reader:
    def read(value: object, base: Path) -> str:
        word = _text(value, base).lower()
        if word not in choices:
            raise Unfit
        return word

    return read


def _strings(value: object, _base: Path) -> tuple[str, ...]:
    if isinstance(value, str):  # environment, or a flag that was given once
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise Unfit
    return tuple(dict.fromkeys(v for v in value if v))


def _tasks(value: object, base: Path) -> tuple[str, ...]:
    names = _strings(value, base)
    if not names or not set(names) <= set(TASKS):
        raise Unfit
    return names


def _path(value: object, base: Path) -> Path:
    if isinstance(value, str) and value.strip():
        value = Path(value.strip())
    if not isinstance(value, Path):
        raise Unfit
    return base / value.expanduser()


def _confidence(value: object, _base: Path) -> Confidence:
    if value in ("calibrated", "off"):
        return value
    try:
        if isinstance(value, bool):
            raise Unfit
        threshold = float(value)  # type: ignore[arg-type]  # that is what is being tried
    except (TypeError, ValueError):
        raise Unfit from None
    if not 0 <= threshold <= 1:  # also refuses NaN
        raise Unfit
    return threshold


STYLES = ("auto", "google", "numpy", "sphinx")
SECTIONS = ("auto", "always", "never")
BOOLEAN = "true or false"


def _file(name: str, example: str, text: str) -> Field:
    return Field(name, _path, "a file", f'{name} = "{example}"', text)


FIELDS: Mapping[str, Field] = {
    row.name: row
    for row in (
        Field(
            "engine",
            _engine,
            "an engine's URL",
            'engine = "embedded:"',
            "The engine to ask: embedded:, embedded:DIR, replay:DIR, triton+grpc://HOST/MODEL, "
            "openai+http://HOST/v1?model=NAME.",
        ),
        Field(
            "tasks",
            _tasks,
            f"a list of {', '.join(TASKS)}",
            'tasks = ["docstrings"]',
            "What to suggest.",
            TASKS,
        ),
        Field(
            "style",
            _one_of(*STYLES),
            f"one of {', '.join(STYLES)}",
            'style = "google"',
            "Docstring convention; auto takes the one the repository uses.",
            STYLES,
        ),
        Field(
            "sections",
            _one_of(*SECTIONS),
            f"one of {', '.join(SECTIONS)}",
            'sections = "never"',
            "Whether docstrings describe parameters and results; auto does as the repository does.",
            SECTIONS,
        ),
        Field("private", _flag, BOOLEAN, "private = true", "Include private and nested definitions."),
        Field("tests", _flag, BOOLEAN, "tests = true", "Include test code."),
        Field(
            "improve",
            _flag,
            BOOLEAN,
            "improve = true",
            "Also rewrite docstrings that contradict their signature.",
        ),
        Field(
            "jobs",
            _whole(1),
            "a whole number, at least 1",
            "jobs = 2",
            "Threads to use; every core by default.",
        ),
        Field(
            "include",
            _strings,
            "a list of patterns",
            'include = ["src/**"]',
            "Only files that match one of these gitignore-style patterns.",
        ),
        Field(
            "exclude",
            _strings,
            "a list of patterns",
            'exclude = ["docs/**"]',
            "No file that matches one of these gitignore-style patterns.",
        ),
        Field(
            "max_file_bytes",
            _whole(1),
            "a whole number of bytes, at least 1",
            "max_file_bytes = 1048576",
            "Larger files are skipped.",
        ),
        Field(
            "line_length",
            _whole(20),
            "a whole number of columns, at least 20",
            "line_length = 88",
            "Where docstrings wrap, in columns.",
        ),
        Field(
            "limit",
            _whole(0),
            "a whole number",
            "limit = 100",
            "Ask about this many targets at most, in a stable order.",
        ),
        Field(
            "prompts",
            _path,
            "a folder",
            'prompts = "prompts"',
            "Folder of prompt wordings that replace the ones codebot brings.",
        ),
        Field(
            "confidence",
            _confidence,
            '"calibrated", "off" or a number from 0 to 1',
            "confidence = 0.7",
            "Show only what the model is this sure of.",
        ),
        Field("cache", _flag, BOOLEAN, "cache = false", "Keep answers for the next run."),
        Field(
            "record", _path, "a folder", 'record = "recordings"', "Write every answer here, for replay:DIR."
        ),
        _file("egress_log", "egress.jsonl", "Append a line for every request that leaves for a server."),
        _file("engine_ca", "ca.pem", "PEM certificates by which an engine's server is trusted."),
        _file("engine_cert", "client.pem", "PEM certificate to show to an engine's server."),
        _file("engine_key", "client.key", "PEM key of engine_cert."),
        _file("engine_headers", "headers.txt", '"Name: value" lines to send to an engine\'s server.'),
    )
}
