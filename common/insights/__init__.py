"""What is unusual about a stock now: facts from its prices, and sentences from the facts. Numpy only, no I/O."""
