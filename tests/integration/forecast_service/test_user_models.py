"""A user's model is installed like any package, and costs its own row only, whatever it does."""

import contextlib
import json
import math
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import tomllib
import zipfile
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from benchmarks.evaluations.made_up import history_of, past_of, row_of, walk
from common.domain.errors import UnknownModel
from common.domain.evaluations.question import EvaluationQuestion
from common.domain.evaluations.result import Evaluation
from forecast_service.calls import evaluation as call
from forecast_service.calls.task import Task
from forecast_service.engine.evaluation.backtest import Origins
from forecast_service.evaluations.failures import ModelFailure
from forecast_service.user_models.entry_points import GROUP, user_models
from forecast_service.user_models.pipes import MOST_PRINTED
from forecast_service.user_models.process import TimeLimits, user_model_curves
from forecast_service.user_models.time_budget import TimeBudget
from test_support.paths import ROOT
from test_support.waiting import until

EXAMPLE = ROOT / "docs" / "own_model"
ORIGINS = Origins(np.array([300, 310]), 5)
MODELS = """
    import os, sys, time

    def raises(past, horizon):
        raise RuntimeError("a secret of the library")

    def hangs(past, horizon):
        time.sleep(3600)

    def not_a_number(past, horizon):
        return past.probabilities * float("nan")

    def exits(past, horizon):
        os._exit(3)

    def no_numbers(past, horizon):
        return "rising"

    def prints(past, horizon):
        print("this is no answer", flush=True)
        assert not os.environ.get("AWS_SECRET_ACCESS_KEY"), "the environment has a key"
        assert sys.stdin.read() == ""
        return past.probabilities / 100

    def is_slow(past, horizon):
        time.sleep(0.3)
        return past.probabilities / 100

    def floods(past, horizon):
        for _ in range(300):
            print("x" * 1000)
        return past.probabilities / 100

    def returns_too_much(past, horizon):
        return [0.0] * 1_000_000

    def returns_a_table(past, horizon):
        return [past.probabilities, past.probabilities]

    def uses_threads(past, horizon):
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda p: float(p) / 100, past.probabilities))

    def leaves_a_thread(past, horizon):
        import threading
        threading.Thread(target=time.sleep, args=(3600,)).start()
        return past.probabilities / 100

    def leaves_a_process(past, horizon):
        import subprocess
        subprocess.Popen(["sleep", "3600"])
        return past.probabilities / 100

    def exits_politely(past, horizon):
        sys.exit("enough")

    class LongName(Exception):
        pass

    LongName.__name__ = "L" * 10_000

    def raises_at_length(past, horizon):
        raise LongName

    class Counts:
        def __init__(self):
            self.calls = 0
        def __call__(self, past, horizon):
            self.calls += 1
            return past.probabilities / 100 * self.calls

    def shows_the_end(past, horizon):
        last = past.values.index[-1]
        assert past.frame.index[-1] == last
        assert all(frame.index[-1] <= last for frame in past.others.values())
        return past.probabilities / 100 + len(past.values)
"""
NAMES = [name for name in re.findall(r"def (\w+)\(past", MODELS) if not name.startswith("__")]


def install(folder, name, modules, entries):
    """Install a wheel: its files, unpacked into a folder of the import path."""
    wheel, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    points = "\n".join([f"[{GROUP}]", *(f"{key} = {value}" for key, value in entries.items())])
    files = {
        **modules,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": points,
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in (*files.items(), (f"{info}/RECORD", "".join(f"{path},,\n" for path in files))):
            archive.writestr(path, text)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")


@pytest.fixture
def site(tmp_path, monkeypatch):
    """An import path with the models of this test, and the documented example."""
    entries = {name: f"made_up_models:{name}" for name in NAMES} | {"counts": "made_up_models:Counts"}
    install(tmp_path, "made_up", {"made_up_models.py": textwrap.dedent(MODELS)}, entries)
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    modules = {"usual_move.py": (EXAMPLE / "usual_move.py").read_text()}
    install(tmp_path, "usual_move", modules, project["entry-points"][GROUP])
    monkeypatch.syspath_prepend(tmp_path / "site")
    return tmp_path / "site"


def evaluate(*models, limit_s=math.inf):
    stored = SimpleNamespace(series=history_of(walk(320)), facts=SimpleNamespace(revision="1"))
    question = EvaluationQuestion(ticker="TEST", days=7, models=models, origins=4)
    output = call.compute(
        Task(question, stored.series.last, lambda _: stored, lambda _: None, ends_at=time.monotonic() + limit_s)
    )
    return Evaluation(**json.loads(output.body))


def test_the_documented_example_is_installed_and_evaluated(site):
    found = row_of(evaluate("usual_move", "drift"), "usual_move")
    assert (found.failure, found.label, len(found.forecasts)) == (None, "usual_move", 4)
    assert found.verdict


def test_a_model_that_fails_costs_its_own_row_only(site, monkeypatch):
    monkeypatch.setattr(call, "TimeLimits", lambda all_s: TimeLimits(all_s, 20.0, 0.5))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    result = evaluate("drift", "raises", "not_a_number", "exits", "no_numbers", "prints", "counts")
    others = evaluate(
        *("returns_too_much", "returns_a_table", "uses_threads", "leaves_a_thread"),
        *("leaves_a_process", "exits_politely", "raises_at_length", "shows_the_end"),
    )
    failures = {row.name: row.failure for row in result.models}
    assert {name: failure and failure.code for name, failure in failures.items()} == {
        "last_price": None, "drift": None, "raises": "model_failed", "not_a_number": "model_invalid",
        "exits": "model_exited", "no_numbers": "model_failed", "prints": None, "counts": None,
    }  # fmt: skip
    more = {row.name: row.failure for row in others.models}
    assert {name: failure and failure.code for name, failure in more.items()} == {
        "last_price": None, "returns_too_much": "model_invalid", "returns_a_table": "model_invalid",
        "uses_threads": None, "leaves_a_thread": None, "leaves_a_process": None, "exits_politely": "model_exited",
        "raises_at_length": "model_failed", "shows_the_end": "model_invalid",
    }  # fmt: skip
    assert "returned more than 65536 bytes instead of the quantiles" in more["returns_too_much"].detail
    assert "an array of shape (2, 113) instead of 113 quantiles" in more["returns_a_table"].detail
    assert len(more["raises_at_length"].detail) < 300
    assert failures["raises"].detail.startswith("raises has no scores: at origin 1 of 4, it raised RuntimeError.")
    assert "status 3" in failures["exits"].detail
    assert "secret" not in result.model_dump_json()
    widths = [one.upper - one.lower for one in row_of(result, "counts").forecasts]
    assert widths[3] > 3 * widths[0]


def test_slow_models_share_the_time_and_cost_their_own_rows_only(site, monkeypatch):
    monkeypatch.setattr(call, "TimeBudget", lambda models, ends_at: TimeBudget(models, ends_at, 45.0))
    result = evaluate("hangs", "drift", "counts", "is_slow")
    assert [row.name for row in result.models] == ["last_price", "hangs", "drift", "counts", "is_slow"]
    failures = {row.name: row.failure.code for row in result.models if row.failure}
    assert failures == {"hangs": "model_too_slow"}
    detail = row_of(result, "hangs").failure.detail
    assert "at origin 1 of 4, all its forecasts had taken 15 seconds, its part of the time" in detail
    assert result.compared == 3


def test_a_model_ends_before_the_deadline_and_the_other_rows_are_delivered(site, monkeypatch):
    monkeypatch.setattr(call, "TIME_TO_FINISH_S", 60.0)
    began = time.monotonic()
    result = evaluate("hangs", "drift", limit_s=66.0)
    assert time.monotonic() - began < 66.0
    assert {row.name: row.failure and row.failure.code for row in result.models} == {
        "last_price": None, "hangs": "model_too_slow", "drift": None,
    }  # fmt: skip


def test_without_time_the_users_models_do_not_begin(site):
    row = row_of(evaluate("counts", limit_s=call.TIME_TO_FINISH_S), "counts")
    assert (row.failure.code, row.verdict) == ("model_too_slow", None)


def test_what_a_model_prints_goes_to_the_log_up_to_a_limit(site, caplog):
    curves = list(user_model_curves("floods", past_of(history_of(walk(320))), ORIGINS, TimeLimits(60.0)))
    assert len(curves) == 2
    assert "the model floods printed: xxx" in caplog.text
    assert "printed more than 65536 bytes; the rest is left out" in caplog.text
    assert len(caplog.text) < 3 * MOST_PRINTED


def test_a_traceback_is_in_the_log(site, caplog):
    with pytest.raises(ModelFailure, match="raised RuntimeError"):
        next(user_model_curves("raises", past_of(history_of(walk(320))), ORIGINS, TimeLimits(60.0)))
    assert "RuntimeError: a secret of the library" in caplog.text


def test_a_model_that_hangs_is_killed(site):
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(ModelFailure) as caught:
        next(iter(user_model_curves("hangs", past_of(history_of(walk(320))), ORIGINS, TimeLimits(60.0, 3.0))))
    assert caught.value.row.code == "model_too_slow"
    assert "longer than 3 seconds" in caught.value.row.detail
    assert set(psutil.Process().children(recursive=True)) <= before


def test_a_model_gets_the_past_alone(site):
    others = {"OTHER": history_of(walk(320, seed=2)).frame}
    curves = list(
        user_model_curves("shows_the_end", past_of(history_of(walk(320)), others=others), ORIGINS, TimeLimits(60.0))
    )
    assert [round(curve[0]) for curve in curves] == [301, 311]


def test_an_unknown_model_is_refused_with_the_names_of_all_models(site):
    with pytest.raises(UnknownModel) as caught:
        evaluate("holt")
    assert "No model is called holt." in caught.value.detail
    assert {"ets", "usual_move"} <= set(caught.value.detail.replace(",", "").split())


def test_a_name_of_a_built_in_model_cannot_be_taken(tmp_path, monkeypatch):
    install(tmp_path, "impostor", {"impostor.py": ""}, {"ets": "impostor:x", "Bad-Name": "impostor:x"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert not {"ets", "Bad-Name"} & user_models().keys()


def models_of(pid: int) -> list[psutil.Process]:
    """Return the processes of users' models below a process; its libraries also start short processes of their own."""
    found = []
    for child in psutil.Process(pid).children():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            if "forecast_service.user_models.child" in child.cmdline():
                found.append(child)
    return found


def test_a_model_ends_with_the_worker_that_is_killed(site):
    code = """
        import numpy as np
        from benchmarks.evaluations.made_up import history_of, past_of, walk
        from forecast_service.engine.evaluation.backtest import Origins
        from forecast_service.user_models.process import TimeLimits, user_model_curves
        past = past_of(history_of(walk(320)))
        next(iter(user_model_curves("hangs", past, Origins(np.array([300]), 5), TimeLimits(60.0))))
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(site), str(ROOT)])}
    worker = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], env=environment)
    try:
        until(lambda: models_of(worker.pid), 100, "the model does not start")
        [child] = models_of(worker.pid)
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 50, "the model outlives its worker")
