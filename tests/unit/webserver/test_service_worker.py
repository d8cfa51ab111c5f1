"""The service worker's script: its version, and the files that the page needs without a network."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.unit.project.test_page import imported_from
from webserver.http.compression import CompressedBody
from webserver.site.service_worker import LATER, kept_files, service_worker
from webserver.site.static_files import page_files


def build_of(worker):
    return json.loads(worker.plain.decode().partition("globalThis.BUILD = ")[2].partition(";\n")[0])


def test_a_change_of_any_file_changes_the_version():
    files = page_files()
    changed = files | {"patterns/panel.html": CompressedBody.of(b"<p>", "text/html")}
    versions = [build_of(service_worker(*each))["version"] for each in ((files, "a"), (files, "b"), (changed, "a"))]
    assert len(set(versions)) == 3
    assert build_of(service_worker(files, "a"))["version"] == versions[0]


def test_the_kept_files_are_all_that_the_page_needs_without_a_network():
    files = page_files()
    kept = kept_files(files)
    assert kept[""] == files["index.html"].tag
    needed = set()
    for script in ("static/page/main.js", *(f"static/{name}" for name in LATER)):
        imported_from(script, needed)
    assert {os.path.normpath(script) for script in needed} <= set(kept)
    styles = set(re.findall(r'rel="stylesheet" href="([^"]+)"', Path("static/index.html").read_text()))
    assert styles
    assert styles <= set(kept)


@pytest.mark.parametrize("name", ["icon-192.png", "icon-512.png", "maskable-512.png"])
def test_the_manifest_has_icons_and_addresses_below_the_path_of_the_page(name):
    manifest = json.loads(Path("static/manifest.webmanifest").read_text())
    (icon,) = [each for each in manifest["icons"] if each["src"] == f"icons/{name}"]
    size = int(icon["sizes"].partition("x")[0])
    head = (Path("static/icons") / name).read_bytes()[:24]
    assert (head[1:4], int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (b"PNG", size, size)
    assert (manifest["start_url"], manifest["scope"], manifest["share_target"]["action"]) == ("../", "../", "../")
