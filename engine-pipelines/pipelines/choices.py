"""What can be chosen in a pipeline that classifies images. The defaults are those of the engines' documentation."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Choices:
    """Each field has its default, a worse value that is a mistake, a better one that is an optimization, or both."""

    ask_sizes: bool = False
    """Ask the size of every object, one by one, before anything starts."""
    get_by: Literal["engine", "new-client", "kept-client"] = "engine"
    """Who gets objects: the engine's own reader, or a client of boto3, a new one for each or one a process."""
    get_ahead: int = 1
    """Objects that a kept client asks for at the same time."""
    lean_requests: bool = False
    """No checksums of answers, and no parameters looked at."""
    packed: bool = False
    """Read tars of the same images."""
    travels: Literal["pixels", "bytes"] = "pixels"
    """What the reader gives: decoded images, or files."""
    blocks: int | None = None
    """Blocks that are read, for each worker; the engine's number without it."""
    block_per_image: bool = False
    small_blocks: bool = False
    """Blocks of at most 8 MiB in the place of 128 MiB."""

    prepare_by: Literal["row", "batch"] = "batch"
    stages: Literal["each", "two", "one"] = "two"
    """A stage for each step, one before the model's, or all in that of the model."""
    overlap: bool = False
    """In one stage: prepare the next images while the model works."""
    normalise: Literal["channels", "array", "table"] = "array"
    """Channel by channel in doubles, by numpy's operations, or looked up by the byte."""
    in_place: bool = False
    """Write tensors into the array of the batch."""
    tensor_type: Literal["float64", "float32", "uint8"] = "float32"
    """Between the stages; bytes are normalised before the model."""
    tensor_as: Literal["list", "array"] = "array"
    frame: Literal["pandas", "numpy"] = "numpy"
    """What functions get."""
    keep_pixels: bool = False
    """Carry the images along to the end."""
    keep_failed: bool = False
    """An image that cannot be decoded is a row without a label; else it ends the run."""
    log_rows: bool = False
    count_rows: bool = False
    """Tell an actor of each image, and wait for its answer."""
    collect_garbage: bool = False
    """In each batch."""

    count_first: bool = False
    """Ask for the number of prepared images before they are used."""
    materialize: bool = False
    """Have all prepared images in memory before the first is classified."""
    shuffle: bool = False
    preserve_order: bool = False
    sort: bool = False

    session: Literal["call", "worker"] = "worker"
    """How long a loaded model is kept."""
    model_by: Literal["closure", "bucket", "store"] = "bucket"
    """How a worker gets the model: with every task, from S3, or from the object store."""
    saved_graph: bool = False
    """Optimise the graph once, and load it as it is then."""
    threads: int = 0
    """Of a session; 0 for ONNX Runtime's own number."""
    model_batch: int = 8
    bound_output: bool = False
    arena: bool = True
    """Whether ONNX Runtime keeps the memory that it worked in."""
    few_arenas: bool = False
    """Of glibc's malloc, and give memory back sooner."""
    workers: Literal["one", "growing", "all"] = "growing"
    """Of those there are, how many load the model."""
    worker_cpus: float = 0.5
    """CPUs that the engine takes as occupied by one that has the model."""
    in_flight: int | None = None
    """Tasks that wait at each of them."""
    scores_by: Literal["row", "array"] = "row"

    collect: bool = False
    """Bring all rows to the driver, and write from there."""
    files: Literal["image", "block", "one"] = "block"
    output: Literal["json", "parquet"] = "parquet"
    zstd: bool = False
    arrow_rows: bool = False
    """Give the rows as a table of Arrow."""
    resume: bool = False
    """Leave out images that have a row already."""
    progress: bool = True
    reservation: bool = True
    """Ray Data's `op_resource_reservation_enabled`."""
