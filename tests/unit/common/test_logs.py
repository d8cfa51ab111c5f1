import io
import json
import logging
import threading

import pytest

from common.runtime.logs import (
    JsonFormatter,
    LimitedHandler,
    PlainFormatter,
    current_log_context,
    log_context,
    within_log_context,
)


def record(**extra):
    made = logging.LogRecord("service", logging.INFO, __file__, 1, "delivered", (), None)
    vars(made).update(extra)
    return made


def test_a_json_line_has_the_request_id_ticker_and_stage():
    line = json.loads(
        JsonFormatter("ingestion_service").format(record(request_id="r", stage="ingesting", duration_ms=7))
    )
    assert line["service"] == "ingestion_service"
    assert (line["request_id"], line["stage"], line["duration_ms"]) == ("r", "ingesting", 7)


def test_an_unlisted_extra_is_not_written():
    assert "secret" not in JsonFormatter("web").format(record(api_key="secret"))


def test_a_plain_line_has_the_same_extras_behind_it():
    assert (
        PlainFormatter("%(message)s").format(record(ticker="AAPL", stage="ingesting"))
        == "delivered ticker=AAPL stage=ingesting"
    )


def written(**extra):
    return json.loads(JsonFormatter("web").format(record(**extra)))


def test_lines_in_a_log_context_have_its_request_and_duration():
    with log_context("r", "AAPL", "ingesting"):
        line = written(source="tiingo")
    assert (line["request_id"], line["ticker"], line["stage"], line["source"]) == ("r", "AAPL", "ingesting", "tiingo")
    assert line["duration_ms"] >= 0


def test_lines_after_a_log_context_do_not_have_its_request_even_after_an_exception():
    with pytest.raises(ValueError, match="broke"), log_context("r", "AAPL", "ingesting"):
        raise ValueError("broke")
    assert not {"request_id", "ticker", "stage", "duration_ms"} & set(written())


def test_extras_of_a_line_override_the_log_context():
    with log_context("r", "AAPL", "accepting"):
        assert written(ticker="IBM")["ticker"] == "IBM"


def test_another_thread_can_continue_a_log_context():
    lines = []

    def work(course):
        with within_log_context(course):
            lines.append(written())

    with log_context("r", "AAPL", "forecasting"):
        thread = threading.Thread(target=work, args=[current_log_context()])
    thread.start()
    thread.join()
    assert lines[0]["request_id"] == "r"


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("common.runtime.repeated_lines.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def log(clock):
    """Return a logger that writes to the stream of its handler."""
    logger = logging.Logger("service")  # noqa: LOG001 - one that no other test has
    handler = LimitedHandler(io.StringIO())
    handler.setFormatter(PlainFormatter("%(message)s"))
    logger.addHandler(handler)
    return logger


def lines(log):
    return log.handlers[0].stream.getvalue().splitlines()


def test_a_line_that_repeats_is_written_a_few_times_and_then_counted(log, clock):
    for _ in range(817):
        log.error("socket.accept() out of system resource")
    assert lines(log) == ["socket.accept() out of system resource"] * 5
    clock[0] += 11
    log.info("listening")
    assert lines(log)[5:] == ["listening", "socket.accept() out of system resource (repeated 812 times)"]


def test_a_line_that_keeps_repeating_is_written_again_in_each_window(log, clock):
    for _ in range(30):
        log.error("away")
        clock[0] += 1
    assert 6 < len(lines(log)) < 25


def test_addresses_in_memory_do_not_make_another_line(log):
    for number in range(100):
        log.error("Task exception was never retrieved: <Task at 0x%x>", 0x7F00 + number)
    assert len(lines(log)) == 5


def test_the_lines_of_different_requests_are_all_written(log):
    for number in range(100):
        with log_context(f"request {number}", "AAPL", "ingesting"):
            log.info("delivered")
    assert len(lines(log)) == 100


def test_suppressed_lines_are_counted_for_their_own_request(log, clock):
    with log_context("first", "AAPL", "ingesting"):
        for _ in range(7):
            log.warning("again")
    clock[0] += 11
    with log_context("second", "MSFT", "ingesting"):
        log.info("delivered")
    assert "again (repeated 2 times) request_id=first ticker=AAPL" in lines(log)[-1]


def test_suppressed_lines_are_counted_at_the_end(log):
    for _ in range(9):
        log.error("away")
    stream = log.handlers[0].stream
    log.handlers[0].close()
    assert stream.getvalue().splitlines()[-1] == "away (repeated 4 times)"


def test_different_lines_without_end_do_not_fill_the_memory(log):
    for number in range(3000):
        log.error("line %s", number)
    assert len(log.handlers[0]._limit._windows) <= 1001


def test_arguments_that_do_not_fit_the_message_break_nothing(log, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    log.error("%s and %s", *["one"])
    log.error("next")
    assert lines(log) == ["next"]
