"""The arguments of the command line.

These modules import the standard library only, because --help and wrong usage need no environment.
"""
