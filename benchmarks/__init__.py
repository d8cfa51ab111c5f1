"""Measurements that print a ratio against a yardstick in the same run."""

import os

# One thread of linear algebra, as in the workers; read when NumPy is first imported, so here and nowhere later.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
