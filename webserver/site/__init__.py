"""The page, its files and its chart script."""
