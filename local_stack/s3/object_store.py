"""Start the local S3, SeaweedFS, for one bucket and one access key.

``python -m local_stack.s3.object_store --port 5001 --inner-ports 5002 … 5008 --bucket stockcast --folder DIR``

The process becomes SeaweedFS. It may be killed at any time: what it acknowledged is on disk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from local_stack.s3.weed_binary import NoObjectStore, find_weed
from local_stack.s3.weed_configuration import ADDRESS, INNER_PORTS, AccessKey, weed_command, write_configuration


def _access_key() -> AccessKey:
    """Read the key from the environment, which other users cannot read, unlike the command line."""
    pair = [os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]
    if not all(pair):
        sys.exit("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to the key that clients must sign with")
    return AccessKey(*pair)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_stack.s3.object_store")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--inner-ports", type=int, nargs=INNER_PORTS, required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    return parser.parse_args()


def main() -> None:
    """Write the configuration, start the process that makes the bucket, and become SeaweedFS."""
    options, key = _options(), _access_key()
    try:
        binary = find_weed()
    except NoObjectStore as exc:
        sys.exit(str(exc))
    folder = options.folder.absolute()
    configuration = folder / "configuration"
    folder.mkdir(parents=True, exist_ok=True)
    write_configuration(configuration, options.bucket, key, folder)
    url = f"http://{ADDRESS}:{options.port}"
    subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "local_stack.s3.bucket", str(os.getpid()), url, options.bucket, str(folder)],
        stdin=subprocess.DEVNULL,
    )
    # The environment is empty, because SeaweedFS treats an AWS key in it as an administrator's.
    command = weed_command(binary, options.port, options.inner_ports, configuration, folder)
    os.execve(binary, command, {"HOME": str(configuration)})  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
