"""What it costs and how it grows, measured against the sandbox: ``make bench``."""
