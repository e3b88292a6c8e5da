"""`python -m bot` is `codebot`."""

from bot.cli import main

main()
