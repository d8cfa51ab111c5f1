"""``python -m forecast_service``: see :mod:`forecast_service.composition`."""

import gc

from common.runtime.version import exit_if_version_is_asked
from forecast_service.workers import fork_server

if __name__ == "__main__":
    exit_if_version_is_asked("forecast_service")
    fork_server.start()  # it imports in parallel with this process
    gc.disable()  # imported modules stay, so that a collection among them only takes time

    from forecast_service.composition import main

    gc.freeze()
    gc.enable()
    main()
