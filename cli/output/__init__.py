"""The answers in words for a terminal, as JSON and CSV, and as chart files."""
