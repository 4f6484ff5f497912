"""Stories about the pure thinking: what is the same, what it comes to, what is asked."""
