"""The workloads: what is done with the images of a batch. Each is a module with the function `runner`.

Those with several stages have a function `reducer` as well.
"""

NAMES = ("statistics", "histogram", "normalise", "knn", "kmeans", "classify", "cnn", "embed")
"""As in src/workloads/names.ts."""

BATCH_FOLDERS: dict[str, tuple[str, ...]] = {
    "histogram": ("histograms",),
    "kmeans": ("sums",),
    "cnn": ("learnt",),
    "embed": ("embeddings",),
}
"""Folders with a file of each batch that is done, beside its result and its span; of those that have some."""

STAGED: tuple[str, ...] = ("kmeans", "cnn")
"""Those with several stages: map and reduce, again and again (`stages` in src/workloads/facts.ts)."""
