"""Speed, as ratios against something in the same run; nothing here is a test."""
