"""The service's benchmarks, one module a figure; ``python -m benchmarks.service`` runs them."""
