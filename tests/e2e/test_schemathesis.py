"""Schemathesis compares the whole stack with the API's description."""

import os
import subprocess
import sys
from pathlib import Path

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def test_schemathesis_finds_no_difference_from_the_description(stack, tmp_path):
    command = [Path(sys.executable).with_name("st"), "--config-file", CONFIGURATION, "run", f"{stack}/api/openapi.json"]
    options = [
        "--checks=all",
        "--max-examples=10",
        "--seed=1",
        "--continue-on-failure",
        "--no-color",
        "--request-timeout=250",
    ]
    environment = os.environ | {"no_proxy": "127.0.0.1"}
    tried = subprocess.run(
        [*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500, check=False
    )
    assert tried.returncode == 0, tried.stdout[-6000:]
