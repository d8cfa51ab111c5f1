"""The moves after the hits beside those after other days: sums, the bootstrap, and the comparison in words."""
