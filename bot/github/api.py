"""One connection to GitHub: every request of a run passes here, reads and writes told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import requests
from github import Auth, Github, GithubException

from bot import __version__
from bot.errors import ForgeError, UsageError
from bot.github.failures import Denied, Invalid, Missing, TooLarge, Unsure
from bot.github.pace import Pace, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from github.Repository import Repository

__all__ = ["PUBLIC", "Api"]

T = TypeVar("T")
PUBLIC = "https://api.github.com"
_TIMEOUT = 30  # seconds for one answer
_MESSAGE = 300  # characters of what GitHub said


class Api:
    """GitHub, or an Enterprise server, with one token: GITHUB_TOKEN, an app's or a person's."""

    def __init__(self, token: str, url: str = PUBLIC, *, pace: Pace | None = None) -> None:
        """Prepare the connection; nothing is sent yet.

        Raises:
            UsageError: `url` is no http address.
        """
        if not url.startswith(("https://", "http://")):
            raise UsageError(f"{url!r} is no address of an API", hint=f"For example {PUBLIC}")
        self.pace = pace or Pace()
        self.requests = 0
        self._github = Github(
            base_url=url.rstrip("/"),
            auth=Auth.Token(token),
            timeout=_TIMEOUT,
            user_agent=f"codebot/{__version__}",
            per_page=100,
            lazy=True,  # a pull request or comment is named without asking for it
            retry=None,  # ours knows what may be repeated
            seconds_between_requests=None,
            seconds_between_writes=None,
        )

    def repository(self, name: str) -> Repository:
        """Return a repository without asking for it; use it inside `read` and `write` only."""
        return self._github.get_repo(name)

    def read(self, what: Callable[[], T]) -> T:
        """Return what a reading call gives, asked again as often as that helps.

        Raises:
            ForgeError: GitHub does not answer, or refuses.
        """
        return self._call(what, write=False)

    def write(self, what: Callable[[], T]) -> T:
        """Return what a writing call gives, no sooner than a second after the last.

        Raises:
            Unsure: It may or may not have happened.
            ForgeError: GitHub refuses.
        """
        return self._call(what, write=True)

    def graphql(self, query: str, variables: Mapping[str, Any], *, write: bool = False) -> dict[str, Any]:
        """Return the `data` of a GraphQL answer; for what REST lacks: threads, resolving, minimising.

        Raises:
            ForgeError: GitHub does not answer, or refuses.
        """

        def ask() -> dict[str, Any]:
            _, answer = self._github.requester.graphql_query(query, dict(variables))
            return dict(answer["data"])

        return self._call(ask, write=write)

    def login(self) -> str:
        """Return whose token it is.

        Raises:
            ForgeError: GitHub does not tell, as with an app's token.
        """
        return self.read(lambda: self._github.get_user().login)

    def close(self) -> None:
        """Close the connection."""
        self._github.close()

    def _call(self, what: Callable[[], T], *, write: bool) -> T:
        attempt = 0
        while True:
            if write:
                self.pace.before_write()
            try:
                return what()
            except GithubException as error:
                status, message = _status(error), _message(error)
                headers = {k.lower(): v for k, v in (error.headers or {}).items()}
                wait = wait_for(status, headers, message, now=self.pace.clock(), attempt=attempt)
                if write and status >= 500:  # noqa: PLR2004 - the server failed, perhaps after it wrote
                    raise Unsure(f"GitHub answered {status} to a write: {message}") from error
                failure = _failure(status, message)
            except requests.exceptions.RequestException as error:
                if write:
                    raise Unsure(f"no answer to a write: {error}") from error
                wait = 2.0**attempt
                failure = ForgeError(
                    f"GitHub cannot be reached: {error}",
                    hint="Is the API's address right, and the network up?",
                )
            attempt += 1
            if wait is None or attempt >= self.pace.attempts or not self.pace.bear(wait):
                raise failure


def _status(error: GithubException) -> int:
    """Return the HTTP status, or the one that REST has for what GraphQL says beside a 200."""
    errors = error.data.get("errors") if isinstance(error.data, dict) else None
    kinds = (
        {each.get("type") for each in errors if isinstance(each, dict)} if isinstance(errors, list) else set()
    )
    if kinds & {"FORBIDDEN", "INSUFFICIENT_SCOPES"}:
        return 403
    return 429 if "RATE_LIMITED" in kinds else error.status


def _failure(status: int, message: str) -> ForgeError:
    said = f"GitHub says {status}: {message}"
    if status == 401:  # noqa: PLR2004
        return Denied(said, hint="Is GITHUB_TOKEN set, and not expired?")
    if status == 403:  # noqa: PLR2004
        return Denied(said, hint="The token needs pull-requests: write; see the README on permissions.")
    if status in {404, 410}:
        return Missing(said, hint="Check --repo and --pr, and whether the token may see them.")
    if status == 406:  # noqa: PLR2004
        return TooLarge(said, hint="Run in a checkout of the head with its history (fetch-depth: 0).")
    if status == 422:  # noqa: PLR2004
        return Invalid(said)
    return ForgeError(said, hint="Try again later.")


def _message(error: GithubException) -> str:
    """Return what GitHub said, its list of errors included, shortened."""
    data = error.data
    if not isinstance(data, dict):
        return (error.message or str(data or ""))[:_MESSAGE]
    parts = [str(data.get("message") or error.message or "")]
    errors = data.get("errors")
    parts += [
        str(each.get("message") or each) if isinstance(each, dict) else str(each)
        for each in (errors if isinstance(errors, list) else ())
    ]
    return "; ".join(part for part in parts if part)[:_MESSAGE]
