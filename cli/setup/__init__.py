"""The set-up of the virtual environment."""
