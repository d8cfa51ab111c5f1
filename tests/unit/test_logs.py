import json
import logging
import threading

import pytest

from common.logs import JsonFormatter, PlainFormatter, current_course, following, in_course


def record(**extra):
    made = logging.LogRecord("service", logging.INFO, __file__, 1, "handed on", (), None)
    vars(made).update(extra)
    return made


def test_a_line_of_json_carries_what_one_request_is_followed_by():
    line = json.loads(
        JsonFormatter("ingestion_service").format(record(request_id="r", stage="ingesting", duration_ms=7))
    )
    assert line["service"] == "ingestion_service"
    assert (line["request_id"], line["stage"], line["duration_ms"]) == ("r", "ingesting", 7)


def test_an_extra_that_nobody_vouched_for_is_not_written():
    assert "secret" not in JsonFormatter("web").format(record(api_key="secret"))


def test_a_plain_line_has_the_same_extras_behind_it():
    assert (
        PlainFormatter("%(message)s").format(record(ticker="AAPL", stage="ingesting"))
        == "handed on ticker=AAPL stage=ingesting"
    )


def written(**extra):
    return json.loads(JsonFormatter("web").format(record(**extra)))


def test_whatever_is_logged_in_the_course_of_a_request_says_whose_it_is_and_how_long_it_has_taken():
    with following("r", "AAPL", "ingesting"):
        line = written(source="tiingo")
    assert (line["request_id"], line["ticker"], line["stage"], line["source"]) == ("r", "AAPL", "ingesting", "tiingo")
    assert line["duration_ms"] >= 0


def test_after_a_request_nothing_is_said_of_it_even_where_it_broke():
    with pytest.raises(ValueError, match="broke"), following("r", "AAPL", "ingesting"):
        raise ValueError("broke")
    assert not {"request_id", "ticker", "stage", "duration_ms"} & set(written())


def test_what_is_said_of_a_line_itself_goes_before_what_is_known_of_its_request():
    with following("r", "AAPL", "taking"):
        assert written(ticker="IBM")["ticker"] == "IBM"


def test_another_thread_goes_on_in_the_course_that_it_is_told():
    lines = []

    def work(course):
        with in_course(course):
            lines.append(written())

    with following("r", "AAPL", "forecasting"):
        thread = threading.Thread(target=work, args=[current_course()])
    thread.start()
    thread.join()
    assert lines[0]["request_id"] == "r"
