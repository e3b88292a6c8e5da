"""Tests of `bot/verify`."""
