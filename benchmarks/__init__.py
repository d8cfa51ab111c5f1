"""Benchmarks. Each prints its ratio to a yardstick that is measured in the same run."""

import os

# One thread of linear algebra, as in the workers. NumPy reads this at its first import, so it is set here.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
