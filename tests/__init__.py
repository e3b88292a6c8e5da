"""Tests: real git, real grammars, the real embedded model."""
