"""The forecast service: reads prices, computes a forecast, draws its chart, and stores both in Redis."""
