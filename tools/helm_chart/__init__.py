"""The Helm chart, made from the kustomize overlay for production: ``python -m tools.helm_chart``."""
