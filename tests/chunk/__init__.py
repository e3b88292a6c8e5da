"""Tests of `bot/chunk`."""
