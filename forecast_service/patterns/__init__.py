"""The search for patterns in prices, and the comparison of what followed: pure functions on arrays, without I/O."""
