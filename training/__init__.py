"""How the embedded model is made: from pinned releases of permissively licensed code to the package."""
