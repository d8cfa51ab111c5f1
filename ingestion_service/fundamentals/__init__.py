"""Facts about companies from the SEC's public data: fetched, read, and stored beside the prices."""
