"""The benchmark of a year of the track record, with few stocks."""

from __future__ import annotations

import json
import subprocess
import sys

from test_support.paths import ROOT


def test_the_benchmark_measures_every_query(postgres_server, tmp_path):
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.track_record", "--rows", "11000", "--json", str(file)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300)
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert len(figures["page_ms"]) > 20
    assert set(figures["job_ms"]) == {"drain", "due_stocks", "due_forecasts", "recent_stocks", "recent_outcomes"}
    assert list(figures["export_peak_mb"]) == ["api_10000", "parquet_10000"]
