"""What can go wrong, as a tree; each branch has one exit code and says what to do next.

    CodebotError            4   a bug or anything unforeseen
    ├── UsageError          2   flags, configuration, or a path that isn't there
    ├── RepositoryError     2   git cannot give us what was asked for
    ├── EngineError         3   the engine cannot be reached, loaded or understood
    ├── ForgeError          3   GitHub cannot be reached, or refuses
    └── DriftError          2   a file changed since it was read, so an edit no longer fits

Only `bot.cli` catches these. A single file or prompt that goes wrong is no exception: it becomes a
`Skipped`, `Rejected` or `Failed` value on the ledger, and the run goes on.
"""

from __future__ import annotations

__all__ = ["CodebotError", "DriftError", "EngineError", "ForgeError", "RepositoryError", "UsageError"]


class CodebotError(Exception):
    """Base of every error codebot raises on purpose. `hint` tells the user what to do next."""

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(CodebotError):
    """A flag, a setting or a path is wrong."""

    exit_code = 2


class RepositoryError(CodebotError):
    """Git refused, or the repository is not in a state that can be read."""

    exit_code = 2


class EngineError(CodebotError):
    """The engine is absent, broken, or speaks something else."""

    exit_code = 3


class ForgeError(CodebotError):
    """What hosts the pull request cannot be reached, or does not let us."""

    exit_code = 3


class DriftError(CodebotError):
    """A file is no longer what it was when it was read."""

    exit_code = 2
