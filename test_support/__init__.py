"""Servers, proxies, stacks and other means that tests and benchmarks share."""
