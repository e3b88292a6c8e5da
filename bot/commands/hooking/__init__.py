"""One run of a Git hook: what to look at, how long, what to print, and whether git goes on."""
