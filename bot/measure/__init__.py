"""How well a model does on code that people documented: what is held out, and how answers are scored."""
