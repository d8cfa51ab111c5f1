"""The dataset: its plan, its schema, the row of a stock, and the board from its parts."""
