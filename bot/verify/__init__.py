"""The proofs: nothing is shown that did not pass every check."""
