"""The workloads: what is done with the images of a batch. Each is a module with the function `runner`."""

NAMES = ("statistics", "histogram", "normalise", "knn")
"""As in src/workloads/names.ts."""
