"""The local stack takes only allowed variables from the user's environment."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import botocore.session
import pytest
from pydantic_settings import BaseSettings

from forecast_service.settings import ForecastSettings
from ingestion_service.settings import IngestionSettings
from local_stack.credentials import StoreCredentials
from local_stack.ports import ports_of
from local_stack.service_environment import SETTINGS, service_environment
from webserver.alerts.settings import NotificationSettings
from webserver.insights.language_model.settings import LanguageModelSettings
from webserver.people.settings import PeopleSettings
from webserver.settings import WebSettings

PORTS = ports_of(5000)
CREDENTIALS = StoreCredentials("k" * 20, "s" * 64, "p" * 64, "t" * 64, "w" * 43)
SET_BY_THE_STACK = {
    *(
        "PORT",
        "REDIS_URL",
        "SERVICE_TOKEN",
        "S3_BUCKET",
        "INGESTION_ADDRESS",
        "FORECAST_ADDRESS",
        "LISTEN_ADDRESS",
        "HEALTH_ADDRESS",
    ),
}
HOSTILE = {
    "AWS_PROFILE": "work",
    "AWS_DEFAULT_PROFILE": "work",
    "AWS_SESSION_TOKEN": "x",
    "AWS_SECURITY_TOKEN": "x",
    "AWS_ENDPOINT_URL": "http://far.example",
    "AWS_ENDPOINT_URL_S3": "http://far.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CA_BUNDLE": "/nowhere",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_REQUEST_CHECKSUM_CALCULATION": "nonsense",
    "AWS_SDK_UA_APP_ID": "x",
    "AWS_MAX_ATTEMPTS": "nonsense",
    "AWS_DATA_PATH": "/nowhere",
    "REDIS_URL": "redis://far.example:1/0",
    "redis_url": "redis://far.example:1/0",
    "Port": "1",
    "LISTEN_ADDRESS": "0.0.0.0:1",
    "HEALTH_ADDRESS": "0.0.0.0:1",
    "PYTHONPATH": "/nowhere",
    "PYTHONHOME": "/nowhere",
    "PYTHONOPTIMIZE": "2",
    "PYTHONWARNINGS": "error",
    "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:1",
    "FORWARDED_ALLOW_IPS": "*",
    "WEB_CONCURRENCY": "50",
    "SCRIPT_NAME": "/prefix",
    "PROMETHEUS_MULTIPROC_DIR": "/nowhere",
    "MPLBACKEND": "TkAgg",
    "MPLCONFIGDIR": "/nowhere",
    "MATPLOTLIBRC": "/nowhere",
    "OPENBLAS_NUM_THREADS": "64",
    "SSLKEYLOGFILE": "/nowhere/keys",
    "LD_PRELOAD": "/nowhere.so",
}


def environment_of(caller: dict[str, str]) -> dict[str, str]:
    return service_environment(PORTS, "stockcast", caller, CREDENTIALS)


def test_settings_and_provider_keys_of_the_user_are_passed_on() -> None:
    caller = {"TIINGO_API_KEY": "secret-key", "PROVIDERS": "tiingo", "PATH": "/bin", "HTTPS_PROXY": "http://proxy:1"}
    assert environment_of(caller).items() >= caller.items()


def test_variables_outside_the_allow_list_are_removed() -> None:
    assert environment_of(HOSTILE) == environment_of({})


def test_every_setting_of_a_service_is_either_allowed_or_set_by_the_stack() -> None:
    kinds: tuple[type[BaseSettings], ...] = (
        *(WebSettings, NotificationSettings, PeopleSettings, LanguageModelSettings),
        *(IngestionSettings, ForecastSettings),
    )
    names = {name.upper() for kind in kinds for name in kind.model_fields}
    assert names - SET_BY_THE_STACK == SETTINGS, "add a new setting to SETTINGS in local_stack/service_environment.py"


def test_the_stack_uses_its_own_stores_with_its_own_credentials() -> None:
    environment = environment_of(HOSTILE)
    assert environment["REDIS_URL"] == f"redis://:{'p' * 64}@127.0.0.1:{PORTS.redis}/0"
    assert environment["AWS_ENDPOINT_URL_S3"] == f"http://127.0.0.1:{PORTS.object_store}"
    assert (environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]) == ("k" * 20, "s" * 64)


def test_the_sql_store_is_a_file_unless_the_user_chose_a_database() -> None:
    own = environment_of({"DATABASE_URL": ""})["DATABASE_URL"]
    assert own.startswith("sqlite:////")
    assert own.endswith("/.data/5000/stockcast.sqlite")
    chosen = "postgresql://user:secret@db.example/stockcast"
    assert environment_of({"DATABASE_URL": chosen})["DATABASE_URL"] == chosen


def test_the_users_aws_files_are_not_read(tmp_path: Path) -> None:
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        "[default]\nendpoint_url = http://far.example\nignore_configured_endpoint_urls = true\nregion = eu-west-1\n"
        "services = far\ns3 =\n  addressing_style = virtual\n[services far]\ns3 =\n  endpoint_url = http://far.example\n"
    )
    (folder / "credentials").write_text("[default]\naws_access_key_id = far\naws_secret_access_key = far\n")
    with mock.patch.dict(os.environ, environment_of(HOSTILE | {"HOME": str(tmp_path)}), clear=True):
        client = botocore.session.Session().create_client("s3")
    assert client.meta.endpoint_url == f"http://127.0.0.1:{PORTS.object_store}"
    assert client.meta.region_name == "us-east-1"


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "intra.example"}, "intra.example,127.0.0.1,localhost"),
        ({"no_proxy": "intra.example, localhost"}, "intra.example,localhost,127.0.0.1"),
        ({"NO_PROXY": "a.example", "no_proxy": "b.example"}, "a.example,b.example,127.0.0.1,localhost"),
        ({"NO_PROXY": "*"}, "*"),
    ],
)
def test_loopback_is_exempt_from_every_proxy(caller: dict[str, str], expected: str) -> None:
    environment = environment_of(caller)
    assert (environment["NO_PROXY"], environment["no_proxy"]) == (expected, expected)
