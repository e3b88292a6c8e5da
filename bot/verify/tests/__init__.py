"""The proof of a test: it passes, again and again, reaches what nothing reached, and catches a mistake."""
