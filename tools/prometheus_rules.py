"""``python -m tools.prometheus_rules``: writes the Prometheus Operator's rules from the files that Prometheus reads.

A PrometheusRule has the same groups below other keys, and kustomize cannot move them there. Run the command after a
change of the rules. A test compares the files.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

COMPONENTS = Path(__file__).resolve().parent.parent / "k8s/components"
SOURCES = {"stockcast": "rules.yaml", "stockcast-objectives": "slo.yaml"}
"""The file below ``monitoring/prometheus`` of each PrometheusRule."""
TARGET = COMPONENTS / "prometheus-operator/rules.yaml"
_FIRST_LINES = """\
# Made by python -m tools.prometheus_rules from components/monitoring/prometheus.
# yamllint disable rule:line-length
"""
_HEAD = """\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {name}
spec:
"""


def render_rules() -> str:
    """Return the PrometheusRules as YAML, with the comments of their sources."""
    folder = COMPONENTS / "monitoring/prometheus"
    documents = [
        _HEAD.format(name=name) + textwrap.indent((folder / source).read_text(encoding="utf-8"), "  ")
        for name, source in SOURCES.items()
    ]
    return _FIRST_LINES + "---\n".join(documents)


if __name__ == "__main__":
    TARGET.write_text(render_rules(), encoding="utf-8")
