"""How well a model does on a team's own code: what is held out, how answers are scored and proofs counted."""
