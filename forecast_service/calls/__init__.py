"""The calls that a worker carries out: one module a kind of analysis, with a function of a task to an output."""
