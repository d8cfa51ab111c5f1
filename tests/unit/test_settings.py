import pytest
from redis import Redis

from common.addresses import Address
from common.limits import Limits, Window
from common.settings import loaded
from ingestion_service.guard import KeysInTurn
from ingestion_service.settings import IngestionSettings
from ingestion_service.sources import built_sources
from webserver.settings import WebSettings


def test_settings_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("FORECAST_ADDRESS", "forecast:6002")
    monkeypatch.setenv("PROVIDERS", "Tiingo, sample")
    settings = loaded(IngestionSettings)
    assert (settings.forecast_address, settings.provider_order) == (Address("forecast", 6002), ("tiingo", "sample"))


KEYS = ("TIINGO", "TWELVE_DATA", "FINNHUB", "ALPHA_VANTAGE", "NASDAQ_DATA_LINK")


@pytest.fixture
def no_keys(monkeypatch):
    for name in ("PROVIDERS", "PROVIDER_BUDGETS", "YAHOO_URL", *(f"{source}_API_KEY" for source in KEYS)):
        monkeypatch.delenv(name, raising=False)


def test_the_sources_are_those_with_a_key_then_yahoo_and_then_the_sample(monkeypatch, no_keys):
    assert loaded(IngestionSettings).provider_order == ("yahoo", "sample")
    monkeypatch.setenv("TIINGO_API_KEY", "k")
    monkeypatch.setenv("NASDAQ_DATA_LINK_API_KEY", "k")
    assert loaded(IngestionSettings).provider_order == ("tiingo", "nasdaq", "yahoo", "sample")


def test_budgets_are_numbers_in_units(monkeypatch, no_keys):
    monkeypatch.setenv("PROVIDER_BUDGETS", "twelvedata=55/minute, twelvedata=1000/day,tiingo=9/hour")
    assert loaded(IngestionSettings).provider_budgets == {
        "twelvedata": (Window(55, 60), Window(1000, 86_400)),
        "tiingo": (Window(9, 3600),),
    }


@pytest.mark.parametrize("text", ["twelvedata", "twelvedata=0/day", "twelvedata=5/week", "=5/day", "a=5/day,,"])
def test_a_budget_of_another_form_is_refused(monkeypatch, no_keys, capsys, text):
    monkeypatch.setenv("PROVIDER_BUDGETS", text)
    with pytest.raises(SystemExit):
        loaded(IngestionSettings)
    assert "setting PROVIDER_BUDGETS: each budget is" in capsys.readouterr().err


def sources(**environment):
    return built_sources(IngestionSettings(**environment), Limits(Redis()))


def test_sources_are_built_in_the_given_order_each_key_with_a_guard_of_its_own(no_keys):
    built = sources(providers="yahoo,twelvedata,tiingo,sample", twelve_data_api_key="a,b", tiingo_api_key="k")
    assert [source.name for source in built] == ["yahoo", "twelvedata", "tiingo", "sample"]
    assert isinstance(built[1], KeysInTurn)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"providers": "bloomberg"}, "names 'bloomberg'; the sources are tiingo, .* sample"),
        ({"providers": "tiingo"}, "TIINGO_API_KEY is not set"),
        ({"providers": "finnhub", "finnhub_api_key": "sécret"}, "FINNHUB_API_KEY .* holds characters that no key has"),
        ({"providers": "tiingo", "tiingo_api_key": "séc\nret"}, "TIINGO_API_KEY .* holds characters that no key has"),
        ({"providers": "twelvedata", "twelve_data_api_key": "sécret,"}, "TWELVE_DATA_API_KEY is empty or"),
    ],
)
def test_a_wrong_source_is_one_clear_sentence_without_the_key(no_keys, environment, sentence):
    with pytest.raises(ValueError, match=sentence) as failure:
        sources(**environment)
    assert "ret" not in str(failure.value)


def test_everything_that_is_wrong_is_said_at_once_and_without_the_value(monkeypatch, capsys):
    monkeypatch.setenv("PORT", "many-secrets")
    monkeypatch.setenv("REQUEST_DEADLINE_S", "-1")
    monkeypatch.setenv("INGESTION_ADDRESS", "nowhere")
    with pytest.raises(SystemExit) as ended:
        loaded(WebSettings)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert len(said.splitlines()) == 3
    assert all(name in said for name in ("PORT", "REQUEST_DEADLINE_S", "INGESTION_ADDRESS"))
    assert "many-secrets" not in said


def test_a_key_is_not_shown(monkeypatch):
    monkeypatch.setenv("TIINGO_API_KEY", "the-secret-key")
    assert "the-secret-key" not in repr(loaded(IngestionSettings))
