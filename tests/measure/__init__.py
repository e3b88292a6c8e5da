"""How engines are compared."""
