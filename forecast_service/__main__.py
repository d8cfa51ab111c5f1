"""``python -m forecast_service``: see :mod:`forecast_service.composition`."""

import gc

from forecast_service.workers import fork_server as ancestor

if __name__ == "__main__":
    ancestor.start()  # while it imports, so does this process
    gc.disable()  # what is imported stays: to look through it for garbage, now or at the end, only takes time

    from forecast_service.composition import main

    gc.freeze()
    gc.enable()
    main()
