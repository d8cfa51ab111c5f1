"""Tests; see run_tests.sh for how they run."""
