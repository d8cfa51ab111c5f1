"""``python -m webserver --version``. gunicorn starts the server: see :mod:`webserver.app`."""

import sys

from common.runtime.version import exit_if_version_is_asked

if __name__ == "__main__":
    exit_if_version_is_asked("webserver")
    sys.exit(
        "usage: python -m webserver --version. gunicorn starts the server, as in dockerfiles/webserver.Dockerfile."
    )
