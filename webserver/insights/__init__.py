"""What is unusual about a stock now, over HTTP."""
