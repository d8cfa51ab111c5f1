"""The processes of a local stack: process files, parent-death signal, probes, locks, signals."""
