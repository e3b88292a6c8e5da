"""What is kept of suggestions, and how it fits files as they are now."""
