"""Every word written into someone's system or shown to a person."""
