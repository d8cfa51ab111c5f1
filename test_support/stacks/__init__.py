"""Whole stacks of real processes, and the record of what their clients received."""
