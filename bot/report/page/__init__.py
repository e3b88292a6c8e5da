"""`--format html`: one static file that loads nothing, for people who decide on many suggestions.

It is whole without JavaScript, as a plain list; with it, it filters, searches and takes keys. The page's
policy allows its own style and script by their hashes, and no connection at all. Jinja escapes every value.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from bot import __version__
from bot.report.escape import visible
from bot.report.page.cards import cards
from bot.report.page.suggestions import files_of, filters
from bot.report.page.sums import HINTS, failures, hints_of, left_out, run_facts, table
from bot.report.page.tree import tree
from bot.report.shares import MEANING
from bot.report.summary import headline

if TYPE_CHECKING:
    from jinja2 import Template

    from bot.ledger import Review

__all__ = ["render"]


def render(review: Review, *, command: str = "codebot annotate", applied: bool = False) -> str:
    """Return the page.

    Args:
        review: A finished run, sorted.
        command: What was run, for the line that says how to take the suggestions.
        applied: Whether they are in the files already.
    """
    found = files_of(review.verified)
    page = {
        "title": f"codebot: {headline(review, applied=applied)}",
        "headline": headline(review, applied=applied),
        "command": visible(command),
        "applied": applied,
        "cards": cards(review),
        "notes": [visible(note) for note in review.notes],
        "filters": filters(found),
        "files": found,
        "tree": tree(review.coverage, {file["key"]: file["anchor"] for file in found}),
        "meaning": MEANING,
        "nothing": headline(review),
        "hints": hints_of(review),
        "hints_left": max(0, len(review.hints) - HINTS),
        "ledger": table(review),
        "failed": failures(review),
        "left_out": left_out(review),
        "run": run_facts(review),
    }
    css, js = _asset("page.css"), _asset("page.js")
    return _template().render(
        page=page,
        version=__version__,
        # our own files: what is hashed has to be what is in the page, to the byte
        css=Markup(css),  # noqa: S704
        js=Markup(js),  # noqa: S704
        css_hash=_hash(css),
        js_hash=_hash(js),
    )


def _asset(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _template() -> Template:
    environment: Any = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made: Template = environment.from_string(_asset("page.html.jinja"))
    return made
