"""The worker processes and their tasks."""
