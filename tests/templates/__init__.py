"""Tests of the words that are shown and written."""
