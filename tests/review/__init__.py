"""The planning of reviews: pure, so proven on values."""
