"""Models that operators add by the entry point group ``stockcast.models``, each in a process of its own."""
