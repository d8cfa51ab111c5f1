"""The script of the documents computes the same scores and verdicts from an answer."""

import json
import subprocess
import sys

import pytest

from benchmarks.evaluations.made_up import evaluation_of, row_of, walk, yearly_season
from test_support.paths import ROOT

SCRIPT = ROOT / "docs" / "scripts" / "recompute_evaluation.py"


@pytest.mark.parametrize(
    ("closes", "days", "overlaps"), [(yearly_season(), 60, False), (walk(190), 20, True)], ids=["season", "overlap"]
)
def test_the_script_agrees_with_the_answer(closes, days, overlaps):
    answer = evaluation_of(closes, models=("drift", "blend", "prophet"), days=days, origins=12)
    assert (answer.overlap > 1) == overlaps
    command = [sys.executable, str(SCRIPT)]
    printed = subprocess.run(command, input=answer.model_dump_json(), capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in printed.splitlines()]
    assert [row["name"] for row in rows] == [row.name for row in answer.models]
    for row in rows:
        stated = row_of(answer, row["name"])
        for name in ("mae_pct", "crps_pct", "interval_score_pct", "coverage"):
            assert row[name] == pytest.approx(getattr(stated, name), rel=1e-6)
        assert row.get("verdict") == stated.verdict
        if stated.crps_difference:
            assert row["p_corrected"] == pytest.approx(stated.crps_difference.p_corrected, rel=1e-4)
