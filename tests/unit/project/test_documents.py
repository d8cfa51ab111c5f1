import re
from http import HTTPStatus
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY

import common.runtime.metrics
from common.domain.errors import FAILURES_BY_CODE
from docs.generate.calls import CALLS
from docs.generate.commands import COMMANDS, FORECAST_PNG
from docs.generate.currency import structure
from docs.generate.diagrams import SOURCES, is_current
from docs.generate.readme import with_examples
from docs.generate.screenshots import IMAGES, SCHEMES
from forecast_service.settings import ForecastSettings
from ingestion_service.settings import IngestionSettings
from test_support.paths import ROOT
from tools.prometheus_rules import TARGET, render_rules
from webserver.alerts.settings import NotificationSettings
from webserver.http.problems import STATUS
from webserver.insights.language_model.settings import LanguageModelSettings
from webserver.people.settings import PeopleSettings
from webserver.requests.outcome_metrics import families_of
from webserver.settings import WebSettings

DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAPPED = ["webserver", "ingestion_service", "forecast_service", "common", "cli", "local_stack", "tools", "clients"]
RUNBOOK = DOCS / "operator/runbook"


def first_cells(page: str) -> str:
    """The first cells of all table rows of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^\|([^|]*)\|", text, re.MULTILINE))


def test_the_table_of_settings_has_exactly_the_settings_of_the_code():
    documented = set(re.findall(r"`([A-Z0-9_]+)`", first_cells("operator/settings.md")))
    kinds = (
        WebSettings,
        NotificationSettings,
        PeopleSettings,
        LanguageModelSettings,
        IngestionSettings,
        ForecastSettings,
    )
    assert {name for name in documented if not name.startswith(("AWS_", "OTEL_"))} == {
        "SCHEDULE",  # the local stack's own
        *(name.upper() for kind in kinds for name in kind.model_fields),
    }


def test_the_checklist_of_asvs_names_tests_that_exist():
    text = (DOCS / "operator/asvs.md").read_text(encoding="utf-8")
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"\b(test_[a-z_]{20,})`", text))
    assert {name for name in named if f"def {name}(" not in written} == set()
    assert len(named) > 25
    assert all((ROOT / path).is_file() for path in re.findall(r"`(tests/\S+\.py)`", text))


def test_the_table_of_metrics_has_exactly_the_metrics_of_the_code():
    assert common.runtime.metrics.REQUESTS
    families = [*REGISTRY.collect(), *families_of(None)]
    defined = {family.name for family in families if family.name.startswith("stockcast_")}
    assert set(re.findall(r"`(stockcast_\w+)`", first_cells("operator/metrics.md"))) == defined


def test_every_error_code_with_its_status_is_in_the_table_of_errors():
    text = (DOCS / "api/errors.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z_]+)` \| (\d+) \|", text, re.MULTILINE))
    assert {(code, str(int(STATUS[code]))) for code in FAILURES_BY_CODE} <= rows
    assert {code for code, _ in rows} == set(FAILURES_BY_CODE)


def test_the_page_of_many_errors_says_what_to_do_about_each_server_error():
    server_errors = {code for code, status in STATUS.items() if status >= HTTPStatus.INTERNAL_SERVER_ERROR}
    listed = set(re.findall(r"`([a-z_]+)`", first_cells("operator/runbook/ManyErrors.md")))
    within_insights = {"language_model_unavailable", "language_model_over_budget", "model_text_refused"}
    assert listed == server_errors - within_insights


def test_every_alert_has_a_page_in_the_runbook_and_a_row_in_its_table():
    severities: dict[str, set[str]] = {}
    for alert in alerts():
        severities.setdefault(alert["alert"], set()).add(alert["labels"]["severity"])
    table = (RUNBOOK / "index.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| (\w+(?: or \w+)?) \|", table, re.MULTILINE)
    assert {path.stem for path in RUNBOOK.glob("*.md")} - {"index"} == set(severities)
    assert {name: set(severity.split(" or ")) for name, severity in rows} == severities


def alerts() -> list[dict[str, Any]]:
    """The alerts of all rules."""
    rules = yaml.safe_load_all(TARGET.read_text(encoding="utf-8"))
    groups = [group for one in rules for group in one["spec"]["groups"]]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_the_rules_of_the_prometheus_operator_are_those_of_prometheus():
    assert TARGET.read_text(encoding="utf-8") == render_rules(), "run python -m tools.prometheus_rules"


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")
def test_an_alert_links_a_page_that_says_what_it_means_what_to_look_at_and_what_to_do(alert):
    site = re.search(r"^site_url: (\S+)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert alert["annotations"]["runbook_url"] == f"{site[1]}operator/runbook/{alert['alert']}.html"
    page = (RUNBOOK / f"{alert['alert']}.md").read_text(encoding="utf-8")
    assert re.findall(r"^#+ .*$", page, re.MULTILINE) == [
        f"# {alert['alert']}",
        "## What it means",
        "## What to look at",
        "## What to do",
    ]


@pytest.mark.parametrize("folder", MAPPED)
def test_every_package_is_in_the_map_and_has_a_sentence(folder):
    tree = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Map")[1]
    named = set(re.findall(r"^ *([a-z_0-9]+)/ ", tree, re.MULTILINE)) | set(re.findall(r"([a-z_0-9]+)/[,; ]", tree))
    packages = [path.parent for path in (ROOT / folder).rglob("__init__.py")]
    assert {package.name for package in packages} <= named
    assert not [package for package in packages if not (package / "__init__.py").read_text().startswith('"""')]


def test_the_readme_is_short_and_shows_current_examples():
    assert README.count("\n") <= 120
    assert with_examples(README) == README


def test_links_of_the_readme_lead_to_files():
    links = re.findall(r"\]\(([^)#]+)|(?:src|srcset)=\"([^\"]+)\"", README)
    paths = [link or image for link, image in links]
    assert paths
    assert not [path for path in paths if not path.startswith("http") and not (ROOT / path).is_file()]


def test_pages_show_exactly_the_generated_examples():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    shown = set(re.findall(r'^--8<-- "([a-z_]+\.(?:sh|http|txt))"$', pages, re.MULTILINE))
    made = {f"{call.name}.{kind}" for call in CALLS for kind in ("sh", "http")} | {f"{name}.txt" for name in COMMANDS}
    assert shown == made
    assert {path.name for path in (DOCS / "examples").iterdir()} == made


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.mmd")), ids=lambda path: path.stem)
def test_a_diagram_is_drawn_from_its_current_source(source):
    assert is_current(source), "run python -m docs.generate"


@pytest.mark.parametrize("path", [FORECAST_PNG, *(IMAGES / f"page-{scheme}.png" for scheme in SCHEMES)])
def test_a_screenshot_exists_and_is_small(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert 20_000 < len(content) < 400_000
    assert int.from_bytes(content[16:20]) >= 800


def test_an_example_is_current_whether_or_not_ingestion_has_begun_its_requests():
    shown = (DOCS / "examples/batch.http").read_text(encoding="utf-8")
    begun = shown.replace('"accepted": 2,', '"ingesting": 1,\n    "accepted": 1,')
    begun = begun.replace('"status": "accepted"', '"status": "ingesting"', 1)
    assert begun != shown
    assert structure(begun) == structure(shown)
    assert structure(shown.replace('"accepted": 2,', '"done": 2,')) != structure(shown)


def test_a_number_with_more_digits_in_a_table_makes_no_example_old():
    head = "$ ./run_app.sh evaluate AAPL\n"
    shown, slower = (f"{head}  GARCH  5.81 %  {seconds:>5} s  better" for seconds in (4.4, 12.3))
    assert structure(shown) == structure(slower)
    assert structure(shown) != structure(shown.replace("better", "worse"))
