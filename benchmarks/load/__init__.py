"""What puts load on a stack: clients, wrk, and a price source in a process of its own."""
