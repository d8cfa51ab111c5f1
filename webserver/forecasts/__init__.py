"""Forecasts: the question and the answers of this kind, its chances and its charts."""
