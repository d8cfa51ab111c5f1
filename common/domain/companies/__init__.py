"""Facts about companies: figures and reports that they filed, and the dividends and splits in their prices; no I/O."""
