"""The commands, from outside."""
