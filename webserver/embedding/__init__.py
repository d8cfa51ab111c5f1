"""Forecasts on other people's pages: a chart for a frame, and a badge."""
