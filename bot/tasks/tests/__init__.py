"""Missing tests: which functions lack them, what to call them with, and how a test is written down."""
