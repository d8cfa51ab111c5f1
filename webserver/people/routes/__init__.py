"""People's accounts over HTTP."""
