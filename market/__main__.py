"""``python -m market``: see :mod:`market.nightly_forecasts`."""

import sys

from market.nightly_forecasts import main

sys.exit(main())
