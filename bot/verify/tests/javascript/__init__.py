"""The proof of a test of JavaScript or TypeScript, run by the project's own runner in the sandbox."""
