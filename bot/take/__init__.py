"""Suggestions that are taken later than they were made: kept, found again, fitted into files as they are."""
