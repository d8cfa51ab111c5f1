"""The documentation's site; ``generate/`` makes its examples, screenshots and diagrams."""
