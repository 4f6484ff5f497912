"""One file per pair, readable by a bookkeeper, and its loader."""
