"""Price sources that a test or a benchmark controls."""
