"""The commands that operate and manage a stack."""
