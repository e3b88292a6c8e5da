"""Tests of the sandbox: that nothing gets out, and that honest tests still run."""
