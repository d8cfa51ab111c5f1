import json
import logging

from common.logs import JsonFormatter, PlainFormatter


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
