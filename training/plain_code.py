"""Code as it stands, as examples: gaps to fill in, and stretches from left to right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.languages import LANGUAGES, is_test_path
from bot.prompt.family import FAMILIES, neutralise
from training.records import Example

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

__all__ = ["gap", "of_code", "stretch"]

_SHORTEST = 200  # characters of a stretch
_CODE, _TESTS = 9_000, 18_000  # characters on one gap
_LEFT = 36_000  # on one stretch that is learnt from left to right


def stretch(text: str, rng: random.Random) -> str | None:
    """Return some whole lines that follow one another, up to about 2,600 characters; None: too few."""
    size = rng.randint(500, 2600)
    at = text.rfind("\n", 0, rng.randint(0, max(0, len(text) - size))) + 1
    found = text[at : at + size]
    found = found[: found.rfind("\n") + 1]
    return found if len(found) >= _SHORTEST else None


def gap(text: str, specials: tuple[str, ...], rng: random.Random) -> tuple[str, str] | None:
    """Return (prompt, answer): a gap in a stretch of code, mostly of whole lines; None if it is too short."""
    around = stretch(text, rng)
    if around is None:
        return None
    pieces, mean = (around.splitlines(keepends=True), 4) if rng.random() < 0.7 else (list(around), 100)
    start = rng.randrange(len(pieces))
    end = min(len(pieces), start + 1 + int(rng.expovariate(1 / mean)))
    before, middle, after = (
        neutralise("".join(part), specials) for part in (pieces[:start], pieces[start:end], pieces[end:])
    )
    return FAMILIES["starcoder"].fill(before, after), middle


def of_code(  # noqa: PLR0917 - what is drawn from, how, and how much
    project: str,
    files: Sequence[tuple[str, str]],
    specials: tuple[str, ...],
    rng: random.Random,
    gaps: int,
    stretches: int,
) -> Iterator[Example]:
    """Yield at most so many gaps and stretches of a project; long files have more of them.

    Args:
        project: Its name.
        files: Path and text of each.
        specials: Spellings of the tokenizer's special tokens, which prompts may not get from code.
        rng: Draws.
        gaps: To fill in, at most.
        stretches: From left to right, at most: without a prompt, so that special tokens are plain text there.
    """
    for path, text in files:
        each = _TESTS if is_test_path(path, LANGUAGES["python"].tests) else _CODE
        if gaps > 0 and rng.random() < len(text) / each and (found := gap(text, specials, rng)):
            gaps -= 1
            yield Example(*found, "fim", project)
        if stretches > 0 and rng.random() < len(text) / _LEFT and (plain := stretch(text, rng)):
            stretches -= 1
            yield Example("", plain, "left", project)
