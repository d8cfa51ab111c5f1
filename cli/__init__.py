"""The command line: what ./run_app.sh asks a running stack, over HTTP."""
