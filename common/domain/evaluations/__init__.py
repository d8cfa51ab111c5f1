"""Evaluations: the question of which model is better for a stock, and its result."""
