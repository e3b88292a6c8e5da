"""Missing tests of JavaScript and TypeScript: what is exported, what to call it with, how tests look."""
