"""The server process: gunicorn's worker, its limits, and work that lets other requests go on."""
