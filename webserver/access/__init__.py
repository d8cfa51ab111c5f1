"""Who calls, what the caller may do, and the log of what was changed."""
