"""Webhooks: vendors tell us what changed, we note the ids and wake the pair. What they say beyond that is not used."""
