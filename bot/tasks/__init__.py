"""The tasks: where to ask a model, and how its answer becomes an edit."""
