"""What runs inside the sandbox, by the project's Python: the standard library alone, from 3.8 on."""
