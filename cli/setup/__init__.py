"""The set-up of the virtual environment in which everything runs."""
