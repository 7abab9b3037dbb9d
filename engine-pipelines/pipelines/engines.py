"""The engines that have a pipeline, with the choices that it follows."""

from dataclasses import fields
from typing import NamedTuple

from pipelines.choices import Choices

IMAGES_AND_MODEL = frozenset(
    {
        *("normalise", "in_place", "tensor_type", "tensor_as", "keep_failed", "collect_garbage"),
        *("threads", "model_batch", "bound_output", "arena", "scores_by"),
    }
)
"""Of the functions that all engines call."""
KEPT_CLIENT = IMAGES_AND_MODEL | {"get_ahead", "lean_requests", "zstd"}
"""Where these also get the objects, and write the rows."""


class Engine(NamedTuple):
    module: str
    """In this package."""
    follows: frozenset[str]
    """Fields of `Choices`; of the others it takes no notice."""


ENGINES = {
    "ray": Engine("ray_data", frozenset(field.name for field in fields(Choices))),
    "daft": Engine("daft_frame", IMAGES_AND_MODEL),
    "dask": Engine("dask_bag", KEPT_CLIENT),
    "spark": Engine("spark_frame", KEPT_CLIENT),
}
