"""How GitHub says no, as types: what can be done about each is another matter.

ForgeError
├── Denied     401, 403: the token may not; somebody has to grant it
├── Missing    404, 410: not there, or hidden from this token
├── Invalid    422: refused as it is; the same again will be refused again
├── TooLarge   406: GitHub does not compute a diff of this size
└── Unsure     no answer to a write: it may have happened, so look before asking again
"""

from __future__ import annotations

from bot.errors import ForgeError

__all__ = ["Denied", "Invalid", "Missing", "TooLarge", "Unsure"]


class Denied(ForgeError):  # noqa: N818 - what happened, not that it is an error
    """The token lacks a permission, or is no token."""


class Missing(ForgeError):  # noqa: N818 - what happened, not that it is an error
    """There is no such thing, or this token may not see it."""


class Invalid(ForgeError):  # noqa: N818 - what happened, not that it is an error
    """GitHub does not take it."""


class TooLarge(ForgeError):  # noqa: N818 - what happened, not that it is an error
    """The diff is too large for the interface; git can read it."""


class Unsure(ForgeError):  # noqa: N818 - what happened, not that it is an error
    """Whether a write happened is not known."""
