"""Forecasts: accepted, waited for, answered, cached."""
