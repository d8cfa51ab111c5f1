"""Insights into a stock: facts from its prices on what is unusual now, and sentences. Numpy only, no I/O."""
