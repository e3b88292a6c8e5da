"""What `codebot review` does, in the order it does it: target, source, settings, conduct; and answers."""
