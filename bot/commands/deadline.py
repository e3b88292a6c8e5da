"""Work that has to be over in time, whatever it is waiting for."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.data import Outcome, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Stop", "told", "within"]

_ROOM = (0.2, 0.3, 2.0)  # share of the time, and least and most seconds, for finishing in good order


class Stop(threading.Event):
    """A `cancel` that knows why it was set."""

    reason = "interrupted"

    def late(self) -> None:
        """Stop because time is up."""
        if not self.is_set():
            self.reason = "deadline"
        self.set()


def told(outcomes: Iterator[Outcome], cancel: threading.Event) -> Iterator[Outcome]:
    """Yield `outcomes`, and for what was not reached any more the reason that `cancel` has."""
    for outcome in outcomes:
        if isinstance(outcome, Skipped) and outcome.reason == "interrupted" and isinstance(cancel, Stop):
            yield replace(outcome, reason=cancel.reason)
        else:
            yield outcome


def within(
    seconds: float, work: Callable[[Stop], None], stop: Stop, late: Callable[[], object] = lambda: None
) -> bool:
    """Do `work` in a thread of its own, and return whether it ended in time.

    A little before the time is up `stop` is set, so that work which looks at it ends in good order. What does
    not (it waits for a server, say) is left behind: the caller ends the process without waiting for it.

    Args:
        seconds: Time there is.
        work: Given `stop`; what it raises is raised here.
        stop: Set when time is short.
        late: Called then: something to do while the work ends.
    """
    until = time.monotonic() + seconds
    share, least, most = _ROOM
    caught: list[BaseException] = []

    def run() -> None:
        try:
            work(stop)
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            caught.append(error)

    thread = threading.Thread(target=run, name="codebot-work", daemon=True)
    thread.start()
    try:
        thread.join(max(0.0, seconds - min(max(seconds * share, least), most)))
        if thread.is_alive():
            stop.late()
            late()
            thread.join(max(0.0, until - time.monotonic()))
    except BaseException:  # Ctrl-C: what goes on in the thread ends at its next look
        stop.set()
        raise
    if caught:
        raise caught[0]
    return not thread.is_alive()
