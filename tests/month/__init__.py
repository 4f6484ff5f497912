"""Month end: both systems agree, and the report proves it."""
