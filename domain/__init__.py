"""Thinking: records, rules and decisions. No I/O, no clock, no database; imports nothing else of ours."""
