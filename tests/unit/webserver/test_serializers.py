import base64
import gzip
import json

from common.domain.questions import ForecastQuestion
from common.redis.requests.records import Record
from common.redis.requests.results import Result
from webserver.forecasts.serializers import finished, finished_gzip

ID = "123e4567-e89b-42d3-a456-426614174000"


def test_the_serializer_does_not_change_the_stored_body():
    body = {"ticker": "AAPL", "days": 30, "forecast": [{"price": 1.5}]}
    record = Record(ID, ForecastQuestion(ticker="AAPL", days=30), "done", None, "result:x", 0, 1)
    result = Result(json.dumps(body).encode(), b"\x89PNG")
    answer = json.loads(b"".join(finished(record, result)))
    assert json.loads(gzip.decompress(finished_gzip(record, result))) == answer
    assert answer.pop("request_id") == ID
    assert answer.pop("status") == "done"
    assert answer.pop("plot_url") == f"/api/v1/forecasts/{ID}/plot.png"
    assert base64.b64decode(answer.pop("plot_png_base64")) == b"\x89PNG"
    assert answer == body
