"""What runs in the sandbox, under the project's Python: the standard library, Python 3.8 and newer."""
