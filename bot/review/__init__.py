"""What a pull request is told: pure planning, from suggestions and what was said to what is to be sent.

Nothing here speaks to GitHub (`bot.github` does), reads a file, or knows the time.
"""
