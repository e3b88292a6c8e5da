"""`codebot eval`: engines and wordings side by side, as text, JSON or a chart; a module for each kind."""
