"""``python -m local_stack``: see :mod:`local_stack.cli`."""

import sys

from local_stack.early_signals import listen

if __name__ == "__main__":
    listen(sys.argv[1:])  # the imports below take their time

    from local_stack.cli import main

    sys.exit(main())
