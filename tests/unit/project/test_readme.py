import re
from pathlib import Path

import pytest

from common.domain.errors import BY_CODE
from forecast_service.settings import ForecastSettings
from ingestion_service.settings import IngestionSettings
from webserver.settings import WebSettings

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAPPED = ["webserver", "ingestion_service", "forecast_service", "common", "cli", "local_stack"]


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


@pytest.mark.parametrize("folder", MAPPED)
def test_every_package_is_in_the_map_and_has_a_sentence(folder):
    tree = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Map")[1].split("## A request")[0]
    named = set(re.findall(r"^ *([a-z_0-9]+)/ ", tree, re.MULTILINE)) | set(re.findall(r"([a-z_0-9]+)/[,; ]", tree))
    packages = [path.parent for path in (ROOT / folder).rglob("__init__.py")]
    assert {package.name for package in packages} <= named
    assert not [package for package in packages if not (package / "__init__.py").read_text().startswith('"""')]
