"""The environment of a local stack's programs: the allowed variables of the user, and the stack's own.

Other variables of the shell, such as an AWS profile or options of Python and gunicorn, have no effect.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from common.sql.database_urls import sqlite_url
from local_stack.credentials import StoreCredentials
from local_stack.ports import Ports
from local_stack.processes.parent_death_signal import PARENT_PID

_ROOT = Path(__file__).resolve().parent.parent
SETTINGS = {
    *("ALLOWED_HOSTS", "PROXY_HOPS", "RATE_LIMIT", "RATE_LIMIT_PER_CLIENT", "REQUEST_DEADLINE_S"),
    *("PROVIDERS", "PROVIDER_BUDGETS", "FRESH_FOR_DAYS", "YAHOO_URL"),
    *("TIINGO_API_KEY", "TIINGO_URL", "TWELVE_DATA_API_KEY", "TWELVE_DATA_URL", "FINNHUB_API_KEY", "FINNHUB_URL"),
    *("ALPHA_VANTAGE_API_KEY", "ALPHA_VANTAGE_URL", "NASDAQ_DATA_LINK_API_KEY", "NASDAQ_DATA_LINK_URL"),
    *("SEC_CONTACT", "SEC_URL", "SEC_DATA_URL", "COMPANY_FRESH_FOR_DAYS"),
    *("S3_CHECKSUMS", "WORKERS", "LOG_LEVEL", "LOG_FORMAT", "TLS_CERTIFICATE_FILE", "TLS_KEY_FILE", "TLS_CA_FILE"),
    *(
        "AUTH",
        "PUBLIC_READ",
        "PUBLIC_EMBEDS",
        "EMBED_ANCESTORS",
        "EMBED_FORECASTS",
        "DATABASE_URL",
        "ALERT_HOSTS",
        "SMTP_URL",
        "MAIL_FROM",
    ),
    *("WEB_PUSH_PRIVATE_KEY", "WEB_PUSH_CONTACT"),
    *("LLM_URL", "LLM_MODEL", "LLM_API_KEY", "LLM_TIMEOUT_S", "LLM_DAILY_TOKENS"),
    *("REGISTRATION", "PUBLIC_URL", "OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"),
}
"""The settings that a user may choose. The stack sets the others."""
_PROXIES = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}
_SYSTEM = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TZ", "TMPDIR", "LANG", "LANGUAGE"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "OBJC_DISABLE_INITIALIZE_FORK_SAFETY"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"),
}
_LOOPBACK = ("127.0.0.1", "localhost")
_NOTHING = os.devnull
SQL_FILE = "stockcast.sqlite"
"""The file of the SQL store in a stack's folder."""


def service_environment(
    ports: Ports, bucket: str, caller: Mapping[str, str], credentials: StoreCredentials
) -> dict[str, str]:
    """Return the environment of the services.

    A local stack always uses its own Redis and S3. The user's addresses of others have no effect. The SQL store is a
    file beside them, unless the user chose a database.

    Args:
        ports: the ports of the stack.
        bucket: the bucket of the local S3.
        caller: the user's environment. Only the allowed variables are taken from it.
        credentials: the credentials of the stores.
    """
    inherited = {name: value for name, value in caller.items() if _passes(name)}
    return (
        inherited
        | _sql_settings(ports, caller)
        | {"WEB_PUSH_PRIVATE_KEY": caller.get("WEB_PUSH_PRIVATE_KEY") or credentials.web_push_key}
        | _proxy_exemption(caller)
        | _address_settings(ports, credentials)
        | _s3_settings(ports, bucket, credentials)
        | _fixed_settings()
    )


def _passes(name: str) -> bool:
    return name in SETTINGS or name in _SYSTEM or name.upper() in _PROXIES or name.startswith(("LC_", "OTEL_"))


def _proxy_exemption(caller: Mapping[str, str]) -> dict[str, str]:
    """Exempt loopback from every proxy.

    Programs that find both spellings read only the lower-case one, so both get all entries.
    """
    given = [part.strip() for name in ("NO_PROXY", "no_proxy") for part in caller.get(name, "").split(",")]
    entries = "*" if "*" in given else ",".join(dict.fromkeys([*filter(None, given), *_LOOPBACK]))
    return {"NO_PROXY": entries, "no_proxy": entries}


def _address_settings(ports: Ports, credentials: StoreCredentials) -> dict[str, str]:
    return {
        "PORT": str(ports.web),
        "REDIS_URL": f"redis://:{credentials.redis_password}@127.0.0.1:{ports.redis}/0",
        "INGESTION_ADDRESS": f"127.0.0.1:{ports.ingestion}",
        "FORECAST_ADDRESS": f"127.0.0.1:{ports.forecast}",
        "SERVICE_TOKEN": credentials.service_token,
    }


def _s3_settings(ports: Ports, bucket: str, credentials: StoreCredentials) -> dict[str, str]:
    """Return the settings of AWS's libraries. They keep the user's files in ``~/.aws`` from being read."""
    return {
        "S3_BUCKET": bucket,
        "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{ports.object_store}",
        "AWS_ACCESS_KEY_ID": credentials.s3_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.s3_secret,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": _NOTHING,
        "AWS_SHARED_CREDENTIALS_FILE": _NOTHING,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _sql_settings(ports: Ports, caller: Mapping[str, str]) -> dict[str, str]:
    own = sqlite_url(_ROOT / ".data" / str(ports.web) / SQL_FILE)
    return {"DATABASE_URL": caller.get("DATABASE_URL") or own}


def _fixed_settings() -> dict[str, str]:
    return {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MATPLOTLIBRC": _NOTHING,  # a style of the user would change the chart
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(_ROOT),
        PARENT_PID: str(os.getpid()),
    }
