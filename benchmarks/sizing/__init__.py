"""The size of a deployment for a number of users: ``python -m benchmarks.sizing``.

``users`` is what people do, ``measured`` times a real stack, and ``simulation`` is the queueing. ``plan`` finds the
smallest deployment for a number of users, ``costs`` its price, and ``validation`` compares the simulation with a stack.
"""
