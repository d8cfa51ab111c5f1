"""The load of a stack: concurrent clients, wrk, and a price source in its own process."""
