"""Logs, metrics, deadlines and supervised loops of a process."""
