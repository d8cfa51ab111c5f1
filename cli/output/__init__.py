"""The output: text for a terminal, and chart files."""
