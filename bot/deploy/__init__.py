"""From weights to a server: fetch, convert, build, render a Triton model repository, and run it."""
