from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from redis import Redis

from common.redis.provider_limits import ProviderLimits
from common.redis.rate_windows import Window
from common.rpc.addresses import Address
from common.runtime.settings_loading import load_settings
from ingestion_service.build_providers import build_providers
from ingestion_service.providers.access.key_rotation import RotatingKeys
from ingestion_service.settings import IngestionSettings
from test_support.network.certificates import Authority, tls_settings
from webserver.settings import WebSettings


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("FORECAST_ADDRESS", "forecast:6002")
    monkeypatch.setenv("PROVIDERS", "Tiingo, sample")
    settings = load_settings(IngestionSettings)
    assert (settings.forecast_address, settings.provider_order) == (Address("forecast", 6002), ("tiingo", "sample"))


KEYS = ("TIINGO", "TWELVE_DATA", "FINNHUB", "ALPHA_VANTAGE", "NASDAQ_DATA_LINK")


@pytest.fixture
def no_keys(monkeypatch):
    for name in ("PROVIDERS", "PROVIDER_BUDGETS", "YAHOO_URL", *(f"{source}_API_KEY" for source in KEYS)):
        monkeypatch.delenv(name, raising=False)


def test_the_default_providers_are_those_with_a_key_then_yahoo_then_the_sample(monkeypatch, no_keys):
    assert load_settings(IngestionSettings).provider_order == ("yahoo", "sample")
    monkeypatch.setenv("TIINGO_API_KEY", "k")
    monkeypatch.setenv("NASDAQ_DATA_LINK_API_KEY", "k")
    assert load_settings(IngestionSettings).provider_order == ("tiingo", "nasdaq", "yahoo", "sample")


def test_budgets_are_numbers_with_units(monkeypatch, no_keys):
    monkeypatch.setenv("PROVIDER_BUDGETS", "twelvedata=55/minute, twelvedata=1000/day,tiingo=9/hour")
    assert load_settings(IngestionSettings).provider_budgets == {
        "twelvedata": (Window(55, 60), Window(1000, 86_400)),
        "tiingo": (Window(9, 3600),),
    }


@pytest.mark.parametrize("text", ["twelvedata", "twelvedata=0/day", "twelvedata=5/week", "=5/day", "a=5/day,,"])
def test_a_budget_of_another_format_is_rejected(monkeypatch, no_keys, capsys, text):
    monkeypatch.setenv("PROVIDER_BUDGETS", text)
    with pytest.raises(SystemExit):
        load_settings(IngestionSettings)
    assert "setting PROVIDER_BUDGETS: each budget is" in capsys.readouterr().err


def sources(**environment):
    return build_providers(IngestionSettings(**environment), ProviderLimits(Redis()))


def test_providers_are_built_in_order_and_each_key_has_its_own_guard(no_keys):
    built = sources(providers="yahoo,twelvedata,tiingo,sample", twelve_data_api_key="a,b", tiingo_api_key="k")
    assert [source.name for source in built] == ["yahoo", "twelvedata", "tiingo", "sample"]
    assert isinstance(built[1], RotatingKeys)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"providers": "bloomberg"}, "names 'bloomberg'; the sources are tiingo, .* sample"),
        ({"providers": "tiingo"}, "TIINGO_API_KEY is not set"),
        ({"providers": "finnhub", "finnhub_api_key": "sécret"}, "FINNHUB_API_KEY .* has characters that no key has"),
        ({"providers": "tiingo", "tiingo_api_key": "séc\nret"}, "TIINGO_API_KEY .* has characters that no key has"),
        ({"providers": "twelvedata", "twelve_data_api_key": "sécret,"}, "TWELVE_DATA_API_KEY is empty or"),
    ],
)
def test_a_wrong_provider_setting_is_one_sentence_without_the_key(no_keys, environment, sentence):
    with pytest.raises(ValueError, match=sentence) as failure:
        sources(**environment)
    assert "ret" not in str(failure.value)


def test_all_wrong_settings_are_printed_together_without_their_values(monkeypatch, capsys):
    monkeypatch.setenv("PORT", "many-secrets")
    monkeypatch.setenv("REQUEST_DEADLINE_S", "-1")
    monkeypatch.setenv("INGESTION_ADDRESS", "nowhere")
    with pytest.raises(SystemExit) as ended:
        load_settings(WebSettings)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert len(said.splitlines()) == 3
    assert all(name in said for name in ("PORT", "REQUEST_DEADLINE_S", "INGESTION_ADDRESS"))
    assert "many-secrets" not in said


def test_a_key_is_not_printed(monkeypatch):
    monkeypatch.setenv("TIINGO_API_KEY", "the-secret-key")
    assert "the-secret-key" not in repr(load_settings(IngestionSettings))


@pytest.fixture
def certificate(tmp_path, monkeypatch):
    """Return settings with a new certificate, its key and its authority."""
    settings = tls_settings(Authority(tmp_path).issue("web"))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return settings


def test_without_certificates_there_is_no_tls():
    assert load_settings(WebSettings).credentials() is None


def test_credentials_are_three_files(certificate):
    assert load_settings(WebSettings).credentials() is not None


def refusal(capsys):
    with pytest.raises(SystemExit):
        load_settings(WebSettings)
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("name", ["TLS_CERTIFICATE_FILE", "TLS_KEY_FILE", "TLS_CA_FILE"])
def test_an_incomplete_set_of_certificate_settings_lists_the_missing_ones(certificate, monkeypatch, capsys, name):
    for other in set(certificate) - {name}:
        monkeypatch.delenv(other)
    missing = sorted(set(certificate) - {name})
    assert sorted(refusal(capsys)) == [
        f"setting {other}: has to be set where another TLS_ file is" for other in missing
    ]


def test_a_missing_file_has_its_own_line(certificate, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("TLS_KEY_FILE", str(tmp_path / "nowhere.key"))
    monkeypatch.setenv("TLS_CA_FILE", str(tmp_path))
    assert refusal(capsys) == [
        f"setting {name}: Path does not point to a file" for name in ("TLS_KEY_FILE", "TLS_CA_FILE")
    ]


@pytest.mark.parametrize("name", ["TLS_CERTIFICATE_FILE", "TLS_KEY_FILE", "TLS_CA_FILE"])
def test_an_invalid_certificate_file_is_reported_at_start(certificate, capsys, name):
    Path(certificate[name]).write_text("-----BEGIN NONSENSE-----")
    (line,) = refusal(capsys)
    assert line.startswith("setting TLS_CERTIFICATE_FILE: with its key and authority cannot be used: ")


def test_a_key_of_another_certificate_is_reported_at_start(certificate, monkeypatch, capsys, tmp_path):
    other = Authority(tmp_path / "other").issue("web")
    monkeypatch.setenv("TLS_KEY_FILE", str(other.key))
    assert refusal(capsys) == [
        "setting TLS_CERTIFICATE_FILE: with its key and authority cannot be used: KEY_VALUES_MISMATCH"
    ]


def test_a_key_with_a_passphrase_is_rejected_without_a_prompt(certificate, capsys):
    path = Path(certificate["TLS_KEY_FILE"])
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"passphrase")
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    (line,) = refusal(capsys)
    assert line.startswith("setting TLS_CERTIFICATE_FILE: with its key and authority cannot be used")
