"""Tests of the nightly run without processes."""
