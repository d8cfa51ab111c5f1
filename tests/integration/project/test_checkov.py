"""checkov finds nothing in what is rendered. ``k8s/checkov.yaml`` lists the checks that are left out, and why."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import yaml

from tests.conftest import skip_or_fail
from tests.integration.project.test_helm_chart import DEFAULTS, rendered
from tests.integration.project.test_k8s_manifests import COMPONENTS, K8S, NEEDS, of_kind, overlay
from tools.helm_chart.manifests import with_components

CHECKOV = [
    *(str(Path(sys.executable).with_name("uv")), "tool", "run", "--quiet", "--python", sys.executable),
    *("--from", "checkov==3.3.30", "checkov", "--config-file", str(K8S / "checkov.yaml"), "--output", "json"),
]
"""Its packages clash with those of the project, so it has an environment of its own, which uv keeps."""


def find_faults(folder: Path) -> tuple[int, set[tuple[str, str]]]:
    """Return the number of passed checks, and the failed ones with their files."""
    command = [*CHECKOV, "--directory", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    if not done.stdout.startswith("{"):
        skip_or_fail(f"checkov cannot be installed or run: {done.stderr[-500:]}")
    report = json.loads(done.stdout)
    return report["summary"]["passed"], {
        (each["check_id"], f"{each['file_path']} {each['resource']}") for each in report["results"]["failed_checks"]
    }


def test_checkov_finds_nothing_but_what_was_planted(tmp_path):
    planted = copy.deepcopy(of_kind(overlay("local"), "Deployment")["forecast"])
    planted["metadata"]["name"] = "planted"
    planted["spec"]["template"]["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] = False
    order = [name for name in COMPONENTS if name not in NEEDS] + list(NEEDS)
    every = {
        "local": [*overlay("local"), planted],
        "production": overlay("production"),
        "chart": rendered(tmp_path, components=dict.fromkeys(DEFAULTS["components"], True)),
        "components": with_components(order).values(),
    }
    folder = tmp_path / "rendered"
    folder.mkdir()
    for name, objects in every.items():
        (folder / f"{name}.yaml").write_text(yaml.dump_all(objects, Dumper=yaml.CSafeDumper))
    passed, failed = find_faults(folder)
    assert failed == {("CKV_K8S_22", "/local.yaml Deployment.stockcast.planted")}
    assert passed > 3000
