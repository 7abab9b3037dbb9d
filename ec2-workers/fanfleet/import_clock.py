"""When the import of a module began: imported first by the one that wants to know what its own import took."""

from time import perf_counter

BEGUN = perf_counter()
"""Seconds of perf_counter()."""
