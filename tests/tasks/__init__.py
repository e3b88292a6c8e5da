"""The docstring task, from a chunk to an edit."""
