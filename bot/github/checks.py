"""A check run on the head, its annotations in as many requests as GitHub asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.github.failures import Unsure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.github.api import Api
    from bot.review.values import Pull

__all__ = ["NAME", "check"]

NAME = "codebot"


def check(api: Api, pull: Pull, outputs: Sequence[dict[str, Any]], *, failed: bool) -> None:
    """Write a check run.

    It ends "neutral" where there are suggestions: they block nobody. On GitHub's pages a newer run of a name
    and commit takes an older one's place, so a run whose outcome is not known is written again.

    Args:
        api: The connection.
        pull: Whose head is checked.
        outputs: `output` of each request, with 50 annotations at most.
        failed: Nothing could be asked.

    Raises:
        ForgeError: GitHub does not answer, or refuses.
    """
    where = api.repository(pull.repository)
    some = any(output.get("annotations") for output in outputs)
    conclusion = "failure" if failed else "neutral" if some else "success"

    def create() -> Any:  # noqa: ANN401 - PyGithub's CheckRun
        first: Any = outputs[0]
        return where.create_check_run(
            NAME, pull.head, status="completed", conclusion=conclusion, output=first
        )

    try:
        made = api.write(create)
    except Unsure:
        made = api.write(create)
    for output in outputs[1:]:
        more: Any = output
        api.write(lambda output=more: made.edit(output=output))  # type: ignore[misc]
