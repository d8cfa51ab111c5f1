"""Backup and restore of the stores of a stack: ``python -m local_stack.backups``."""
