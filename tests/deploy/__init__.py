"""Rendering, building and serving."""
