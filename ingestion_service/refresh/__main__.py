"""``python -m ingestion_service.refresh``: see :mod:`ingestion_service.refresh.command`."""

import sys

from common.domain.errors import Busy
from common.runtime.lean_pandas import leave_out_pyarrow
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.jobs import run_job
from common.s3.objects import PriceObjects, make_s3_client
from common.service.settings import StoreSettings
from ingestion_service.refresh.missing_sample import find_missing_sample


def _is_sample_stored() -> bool:
    """Return whether nothing is missing of the sample. A store that does not answer is left to the command."""
    settings = load_settings(StoreSettings)
    client = make_s3_client(checksums=settings.sends_checksums)
    try:
        return not find_missing_sample(PriceObjects(client, settings.s3_bucket))
    except Busy:
        return False


def main() -> int:
    """Run the command, or end before its imports, which take a second, if nothing is missing of the sample."""
    if sys.argv[1:] == ["--sample"] and _is_sample_stored():
        print("Nothing is missing of the sample.")
        return 0
    leave_out_pyarrow()
    from ingestion_service.refresh import command  # noqa: PLC0415

    return command.main()


if __name__ == "__main__":
    sys.exit(run_job("refresh", main))
