"""Tests of `bot/files`."""
