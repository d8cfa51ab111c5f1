"""``python -m cli``: see :mod:`cli.main`."""

import sys

from cli.setup.early_signals import listen

if __name__ == "__main__":
    listen(sys.argv[1:])  # the imports below take their time

    from cli.main import main

    sys.exit(main())
