"""What a worker can be asked for: one module a kind of analysis, with a function of a task to an output."""
