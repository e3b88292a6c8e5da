"""The kinds of sandbox, the strongest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.verify.sandbox.bubble import Bubblewrap
from bot.verify.sandbox.landlock import Landlock
from bot.verify.sandbox.plain import Plain
from bot.verify.sandbox.seatbelt import Seatbelt

if TYPE_CHECKING:
    from bot.verify.sandbox.place import Backend

__all__ = ["BACKENDS"]

BACKENDS: tuple[Backend, ...] = (Bubblewrap(), Landlock(), Seatbelt(), Plain())
