"""What followed the hits, beside what followed other days: sums, the bootstrap, and the comparison in words."""
