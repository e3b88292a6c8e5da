"""What tests say of a fix: those that may reach it run in the sandbox, before and after."""

from bot.verify.trials.choose import Reaching
from bot.verify.trials.sandboxed import Trials
from bot.verify.trials.untested import UNTESTED, NoTrials

__all__ = ["UNTESTED", "NoTrials", "Reaching", "Trials"]
