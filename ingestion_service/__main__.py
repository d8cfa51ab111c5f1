"""``python -m ingestion_service``: see :mod:`ingestion_service.serving`."""

import gc

from common.runtime.lean_pandas import leave_out_pyarrow
from common.runtime.version import exit_if_version_is_asked

if __name__ == "__main__":
    exit_if_version_is_asked("ingestion_service")
    leave_out_pyarrow()
    gc.disable()  # imported modules live as long as the process: collecting them only costs time

    from ingestion_service.serving import main

    gc.freeze()
    gc.enable()
    main()
