"""Evaluations: several models forecast from the same past days, and are scored on the same outcomes. No I/O."""
