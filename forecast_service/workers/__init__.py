"""The worker processes, and the work that each does."""
