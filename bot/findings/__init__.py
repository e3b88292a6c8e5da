"""What tools and tests complain of, read from their reports and found again in the code."""
