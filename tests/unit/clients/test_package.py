"""The distribution of the Python client: what it imports, and the wheel."""

import ast
import subprocess
import sys
import zipfile

from common.runtime.version import VERSION
from test_support.paths import ROOT

FOLDER = ROOT / "clients" / "python"
PACKAGE = FOLDER / "stockcast_client"
ALWAYS = {"httpx", "pydantic", "stockcast_client"}
EXTRAS = {"pandas": "results/frames.py", "mcp": "mcp/", "mcp_types": "mcp/"}


def test_only_the_extras_import_more_than_httpx_and_pydantic():
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        allowed = ALWAYS | {extra for extra, where in EXTRAS.items() if name.startswith(where)}
        typing_only = {"pandas"} if name.startswith("results/") else set()
        assert imported(path) - sys.stdlib_module_names <= allowed | typing_only, name


def imported(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def test_the_client_alone_loads_no_extra():
    code = f"import sys, stockcast_client; sys.exit(len(set(sys.modules) & {set(EXTRAS)!r}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=FOLDER, check=False).returncode == 0


def test_the_wheel_has_every_module_its_types_and_the_version_of_the_server(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=FOLDER, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name == f"stockcast_client-{VERSION}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if name.startswith("stockcast_client/")}
        metadata = packed.read(f"stockcast_client-{VERSION}.dist-info/METADATA").decode()
    present = {path.relative_to(FOLDER).as_posix() for path in PACKAGE.rglob("*") if path.suffix in {".py", ".typed"}}
    assert names == present
    assert "Requires-Dist: httpx" in metadata
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r}); import stockcast_client; print(stockcast_client.__version__)"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert shown.stdout.strip() == VERSION
