"""Wonbooks in Prefect, on a server of its own."""
