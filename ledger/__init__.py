"""Remembering: the only database. Knows the domain's records, nothing of the outside world."""
