"""Git: which files changed, and what they held. GitPython runs git here and nowhere else."""

from __future__ import annotations

from bot.git.repository import Repository

__all__ = ["Repository"]
