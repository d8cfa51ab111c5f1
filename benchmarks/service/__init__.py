"""The service's benchmarks. Each module measures one part; ``python -m benchmarks.service`` runs all."""
