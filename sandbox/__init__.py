"""The outside world in memory: doubles of the vendors, as strict as they are. Imports nothing else of ours."""
