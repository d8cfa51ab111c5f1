"""Applications of the web server for its own tests."""
