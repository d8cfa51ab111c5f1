from __future__ import annotations

import pytest

from common.s3.objects import make_s3_client


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({"AWS_REGION": "eu-west-3"}, "eu-west-3"),
        ({"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
        ({"AWS_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-west-3"),
    ],
)
def test_the_region_comes_from_the_environment(monkeypatch, environment, region):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    credentials = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}  # or else a cloud's own would be looked for
    for name, value in (environment | credentials).items():
        monkeypatch.setenv(name, value)
    assert make_s3_client().meta.region_name == region
