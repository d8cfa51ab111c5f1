"""Evaluations over HTTP: the question of a request, and its result."""
