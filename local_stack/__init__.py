"""Everything on one machine: what ./run_app.sh starts, and the command line over it."""
