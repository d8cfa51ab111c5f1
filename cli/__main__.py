"""``python -m cli``: see :mod:`cli.main`."""

import sys

from cli.setup.early_signals import end_on_signals

if __name__ == "__main__":
    end_on_signals(sys.argv[1:])  # before the slow imports below

    from cli.main import main

    sys.exit(main())
