"""The asynchronous client: the calls by subject, and the transport that carries them out."""
