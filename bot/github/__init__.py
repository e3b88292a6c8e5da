"""GitHub: pull requests read, reviews written. PyGithub speaks here and nowhere else.

Every call goes through `Api`, which waits where GitHub asks for it and tells apart what may be repeated.
"""

from bot.github.api import Api
from bot.github.failures import Denied, Invalid, Missing, Unsure
from bot.github.pace import Pace

__all__ = ["Api", "Denied", "Invalid", "Missing", "Pace", "Unsure"]
