"""Readers: each types one value of a setting, from TOML, the environment or a flag, or says that it can't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, Union

__all__ = [
    "Confidence",
    "Reader",
    "Unfit",
    "confidence",
    "engine",
    "flag",
    "one_of",
    "path",
    "paths",
    "seconds",
    "some_of",
    "strings",
    "text",
    "whole",
]

Confidence = Union[float, Literal["calibrated", "off"]]


class Unfit(Exception):  # noqa: N818 - a signal between a reader and `load`, which words the error
    """The value is not what the setting takes."""


Reader = Callable[[object, Path], object]  # (value, folder that relative paths start from) -> typed value


def text(value: object, _base: Path) -> str:
    """Read words, without the space around them."""
    if not isinstance(value, str) or not value.strip():
        raise Unfit
    return value.strip()


def engine(value: object, base: Path) -> str:
    """Read an engine's URL; a folder in it starts at `base`."""
    url = text(value, base)
    scheme, colon, rest = url.partition(":")
    if not colon:
        raise Unfit
    folder, mark, options = rest.partition("?") if scheme == "embedded" else (rest, "", "")
    if scheme in {"embedded", "replay"} and folder:  # relative to the file that names it
        return f"{scheme}:{path(folder, base)}{mark}{options}"
    return url


def flag(value: object, _base: Path) -> bool:
    """Read yes or no."""
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


def whole(minimum: int) -> Reader:
    """Return a reader of a whole number, at least `minimum`."""

    def read(value: object, _base: Path) -> int:
        if isinstance(value, str) and value.strip().isdecimal():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise Unfit
        return value

    return read


def seconds(value: object, _base: Path) -> float:
    """Read a time in seconds, above 0."""
    if isinstance(value, bool):
        raise Unfit
    try:
        number = float(value)  # type: ignore[arg-type]  # that is what is being tried
    except (TypeError, ValueError):
        raise Unfit from None
    if not 0 < number < float("inf"):  # also refuses NaN
        raise Unfit
    return number


def one_of(*choices: str) -> Reader:
    """Return a reader of one word among `choices`, in any case."""

    def read(value: object, base: Path) -> str:
        word = text(value, base).lower()
        if word not in choices:
            raise Unfit
        return word

    return read


def strings(value: object, _base: Path) -> tuple[str, ...]:
    """Read a list of words, or words separated by commas; each counts once."""
    if isinstance(value, str):  # environment, or a flag that was given once
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
        raise Unfit
    return tuple(dict.fromkeys(v for v in value if v))


def some_of(*choices: str) -> Reader:
    """Return a reader of a list of words, at least one, each among `choices`."""

    def read(value: object, base: Path) -> tuple[str, ...]:
        names = strings(value, base)
        if not names or not set(names) <= set(choices):
            raise Unfit
        return names

    return read


def path(value: object, base: Path) -> Path:
    """Read a path, which starts at `base`; `~` is the user's home."""
    if isinstance(value, str) and value.strip():
        value = Path(value.strip())
    if not isinstance(value, Path):
        raise Unfit
    return base / value.expanduser()


def paths(value: object, base: Path) -> tuple[Path, ...]:
    """Read a list of paths, or paths separated by commas; each starts at `base`."""
    if isinstance(value, (list, tuple)):
        return tuple(path(each, base) for each in value)
    return tuple(path(each, base) for each in strings(value, base))


def confidence(value: object, _base: Path) -> Confidence:
    """Read a threshold."""
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
