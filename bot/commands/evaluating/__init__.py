"""`codebot eval`: what is the same for every task (`compare`), and a module for each."""
