"""`codebot uninstall-hook`; it lives beside its counterpart."""

from __future__ import annotations

from bot.commands.install_hook import uninstall as command

__all__ = ["command"]
