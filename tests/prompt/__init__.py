"""Tests of bot/prompt."""
