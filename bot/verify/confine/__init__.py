"""Confinement without namespaces: what a process can lay on itself, and the keeper that watches over it.

The keeper runs as a program of its own between codebot and the sandbox (`keeper.main`). It imports nothing
of codebot but this folder, so that it starts as fast as Python does.
"""
