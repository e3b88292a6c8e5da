"""Findings: reports are read, and found again in the code."""
