"""``python -m ingestion_service.refresh``: see :mod:`ingestion_service.refresh.command`."""

import sys

from ingestion_service.refresh.command import main

if __name__ == "__main__":
    sys.exit(main())
