"""Prompts: from a chunk and its linked context to exactly what an engine is asked."""
