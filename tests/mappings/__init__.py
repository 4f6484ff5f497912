"""Tests of the mapping: reading it, checking it, describing it."""
