"""What the business asks for: one flow a file, composition only."""
