"""The local stack: the stores and services that ./run_app.sh starts on one machine."""
