"""The benchmark of a year of the track record, with few stocks."""

from __future__ import annotations

import json
import sys

from benchmarks.track_record import __main__ as benchmark
from benchmarks.track_record.made_up_year import fill_year


def test_the_benchmark_measures_every_query(make_postgresql_address, tmp_path, monkeypatch):
    file, address, rows = tmp_path / "figures.json", make_postgresql_address().postgresql, 1500
    fill_year(address, rows)
    monkeypatch.setattr(benchmark, "FEW", 1000)
    monkeypatch.setattr(benchmark, "ROUNDS", 1)
    options = ["--rows", str(rows), "--address", address, "--json", str(file)]
    monkeypatch.setattr(sys, "argv", ["benchmark", *options])
    benchmark.main()
    figures = json.loads(file.read_text(encoding="utf-8"))
    assert len(figures["page_ms"]) > 20
    assert set(figures["job_ms"]) == {"drain", "due_stocks", "due_forecasts", "recent_stocks", "recent_outcomes"}
    assert list(figures["export_peak_mb"]) == ["api_1000", "parquet_1000"]
