"""Evaluations of made-up series of which it is known which model is better; python -m benchmarks.evaluations."""
