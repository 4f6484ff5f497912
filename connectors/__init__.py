"""The outside world, one file a system. Knows the vendors and the domain's records, nothing of the ledger."""
