"""What tests and benchmarks share: a price source, proxies, service processes, ports and certificates."""
