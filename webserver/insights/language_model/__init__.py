"""The optional language model: it words facts, with slots where their values go; its text is checked before use."""
