"""Prophet's model, fitted exactly."""
