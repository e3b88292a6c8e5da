"""Tests on fixes, in a real sandbox."""
