"""What every engine on a server has in common: address, credentials, window, balance, masking.

Nothing here knows a protocol: `bot.engines.triton` and `bot.engines.openai` bring transports.
"""
