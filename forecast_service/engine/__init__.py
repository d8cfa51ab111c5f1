"""The mathematics: pure functions on arrays and frames; no I/O, no framework."""
