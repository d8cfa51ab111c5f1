import re
from pathlib import Path

from common.errors import BY_CODE
from forecast_service.settings import ForecastSettings
from ingestion_service.settings import IngestionSettings
from webserver.settings import WebSettings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_readmes_table_and_nothing_else_is():
    section = README.split("## Settings")[1].split("\n## ")[0]
    cells = " ".join(re.findall(r"^\|([^|]*)\|", section, re.MULTILINE))
    documented = {name for name in re.findall(r"`([A-Z0-9_]+)`", cells) if not name.startswith("AWS_")}
    kinds = (WebSettings, IngestionSettings, ForecastSettings)
    assert documented == {name.upper() for kind in kinds for name in kind.model_fields}


def test_no_placeholder_is_left():
    assert not re.findall(r"^[A-Z]+_[A-Z_]+$", README, re.MULTILINE)


def test_every_code_is_in_the_readme():
    section = README.split("## The API")[1].split("## Settings")[0]
    assert set(BY_CODE) <= set(re.findall(r"`([a-z_]+)`", section))
