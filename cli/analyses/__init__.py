"""The commands evaluate and patterns: long work on one or many stocks."""
