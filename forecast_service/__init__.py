"""The forecast service: CSV to model to interval to picture to Redis."""
