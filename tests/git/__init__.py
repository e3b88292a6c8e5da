"""Tests of `bot/git`."""
