"""The command line of ./run_app.sh, a client of the HTTP API."""
