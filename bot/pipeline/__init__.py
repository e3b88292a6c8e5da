"""The whole flow, in order: Change -> Chunk -> Target -> Prompt -> Completion -> Suggestion -> outcome.

Each task is a flow of its own (`docstrings.py` is the shortest way to read one); `run` takes them through the
files one after another and sees to it that no two suggestions of a run share a line.
"""

from bot.pipeline.docstrings import Docstrings, Plan, annotate
from bot.pipeline.flow import Flow, Taken, Work, run

__all__ = ["Docstrings", "Flow", "Plan", "Taken", "Work", "annotate", "run"]
