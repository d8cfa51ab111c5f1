"""Pattern searches: the body of a request and its routes."""
