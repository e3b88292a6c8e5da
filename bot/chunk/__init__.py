"""Syntax trees, symbols, chunks in a token budget, and linked context."""
