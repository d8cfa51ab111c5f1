import re
from pathlib import Path

import pytest

from common.domain.errors import BY_CODE
from forecast_service.settings import ForecastSettings
from ingestion_service.settings import IngestionSettings
from webserver.settings import WebSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAPPED = ("common", "forecast_service", "ingestion_service", "local_stack", "static", "webserver")


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
def test_every_module_of_a_folder_is_in_its_row_of_the_map(folder):
    architecture = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    row = next(line for line in architecture.splitlines() if line.startswith(f"| `{folder}/`"))
    pattern = "*.*" if folder == "static" else "*.py"
    modules = {path.name for path in (ROOT / folder).rglob(pattern) if not path.name.startswith(("_", "."))}
    assert modules - set(re.findall(r"`([^`]+)`", row)) == set()
