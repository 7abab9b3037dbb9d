"""A model that is run on images, by ONNX Runtime: the twin of src/models/inference/session.ts."""

import hashlib
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fanfleet.inputs import InputDamaged
from fanfleet.quickest_parts import QuickestParts
from fanfleet.tensors import tensor_shape

if TYPE_CHECKING:
    import onnxruntime

VERSION = "1.30.0"
"""Of ONNX Runtime, as functions have it: others may add in another order."""


class RuntimeMissing(Exception):
    """There is no ONNX Runtime here; the message says what to do."""


_MEMORY_ERRORS: list[str] = json.loads((Path(__file__).parents[1] / "memory-errors.json").read_text())
"""Texts, one of which is in each error of ONNX Runtime that says that memory did not suffice."""


class NoRoomForModel(Exception):
    """Memory does not suffice for a model with one image at a time; the message says what to do."""


class ModelDescription:
    """What is said of a model: a file as src/workloads/image-model.ts writes it. A subclass reads what more it says."""

    values: int
    """So many the model gives for an image."""
    value = "a value"
    """What one is, for errors."""

    def __init__(self, file: bytes) -> None:
        """Raises InputDamaged."""
        try:
            fields = json.loads(file)
            self.recipe: dict[str, Any] = fields["recipe"]
            """How the tensor of an image is made: a `TensorRecipe` of src/contract/tensor.ts."""
            self.bgr: bool = fields["bgr"]
            """Whether the model takes B, G and R where tensors have R, G and B."""
            self.input: str = fields["input"]
            self.output: str = fields["output"]
            self.batch: int | None = None if fields["batch"] == "any" else 1
            """The number of images that the model takes at once; None for any."""
            self.shape = tensor_shape(self.recipe)
            """Of the tensor of an image."""
            self.type = np.dtype(self.recipe["type"])
            self.tensor_bytes = math.prod(self.shape) * self.type.itemsize
            self.read(fields)
        except (ValueError, KeyError, TypeError) as reason:
            raise InputDamaged(f"Expected what is said of a model but found {reason!r}. Start the run again.") from None
        self.sha256 = hashlib.sha256(file).hexdigest()

    def read(self, fields: dict[str, Any]) -> None:
        """Read the fields that are not those of every model. Raises KeyError, TypeError and ValueError."""
        raise NotImplementedError


class ImageModel:
    """A model that is loaded, with what is said of it. Threads may share it."""

    def __init__(self, model: bytes, description: ModelDescription) -> None:
        """`model` is an ONNX file; it is not needed any more afterwards.

        Raises RuntimeMissing, and InputDamaged for a file that is not what it should be.
        """
        self.description = description
        self.recipe, self.shape, self.batch = description.recipe, description.shape, description.batch
        self.session = session_of(model)
        self._parts: dict[int, QuickestParts] = {}
        self.fitting: int | None = None
        """So many images it can have at a time, where memory did not suffice for as many as it was given."""

    def empty(self, images: int) -> np.ndarray:
        """Room for the tensors of so many images."""
        return np.empty((images, *self.shape), self.description.type)

    def outputs(self, tensors: np.ndarray, most: int = 1) -> np.ndarray:
        """What the model gives for tensors, an array of the shape (images, *shape) with at least one: float32 of
        (images, values).

        Where `most`, the number of images of a full batch, is given, all at once or one by one, whichever is quicker;
        one by one where the model takes no more, and else all at once. Where memory does not suffice, it has half as
        many from then on. Raises InputDamaged where the model cannot do them, or has another output than was said, and
        NoRoomForModel.
        """
        if self.description.bgr:
            channels = 1 if self.recipe["layout"] == "nchw" else 3
            tensors = np.ascontiguousarray(np.flip(tensors, channels))
        if self.batch == 1 or most == 1:
            return self._run_parts(tensors, self.batch or len(tensors))
        # Kept by the process, so that the next run does not have to find out again.
        quickest = self._parts.setdefault(most, QuickestParts(most))
        at_once = quickest.next(len(tensors))
        started = time.perf_counter()
        before = self.fitting
        values = self._run_parts(tensors, at_once)
        if self.fitting == before:
            quickest.took(len(tensors), at_once, time.perf_counter() - started)
        return values

    def _run_parts(self, tensors: np.ndarray, at_once: int) -> np.ndarray:
        parts: list[np.ndarray] = []
        at = 0
        while at < len(tensors):
            part = tensors[at : at + min(at_once, self.fitting or at_once)]
            try:
                parts.append(self._run(part))
                at += len(part)
            except NoRoomForModel as reason:
                if len(part) == 1:
                    raise
                self.fitting = len(part) // 2
                print(f"The model has {self.fitting} images at a time from now on: {reason}", flush=True)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, tensors: np.ndarray) -> np.ndarray:
        said = self.description
        try:
            [values] = self.session.run([said.output], {said.input: tensors})
        except Exception as reason:  # ONNX Runtime's own have no common class
            if isinstance(reason, MemoryError) or any(text in str(reason) for text in _MEMORY_ERRORS):
                raise NoRoomForModel(
                    f"Expected memory for the model with {len(tensors)} at a time but {_said(reason)}"
                    " Take instances with more memory, or a smaller model."
                ) from reason
            raise InputDamaged(
                f"Expected a model that takes {tensors.dtype} of {_text(tensors.shape)}"
                f" but {_said(reason)} Check the model."
            ) from reason
        wanted = (len(tensors), said.values)
        if values.dtype != np.float32 or values.shape != wanted:
            raise InputDamaged(
                f"Expected float32 of {_text(wanted)} from the model, {said.value} for each image,"
                f" but it gave {values.dtype} of {_text(values.shape)}: check the model and what is said of it."
            )
        return values


def session_of(model: bytes) -> "onnxruntime.InferenceSession":
    """With the options of docs/models.md: the same answer for an image whatever comes with it."""
    try:
        # Only now: hosts of other workloads do without it.
        import onnxruntime
    except ImportError as reason:
        raise RuntimeMissing(
            f"Expected ONNX Runtime {VERSION} for a workload with a model but {reason}:"
            f" pip install onnxruntime=={VERSION}, or launch a fleet for this workload, which installs it."
        ) from reason
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    # A process for each core does images beside this one.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as reason:  # ONNX Runtime's own have no common class
        raise InputDamaged(f"Expected an ONNX model but {_said(reason)} Check the model.") from reason


def _said(reason: Exception) -> str:
    return f"ONNX Runtime says: {' '.join(str(reason).split())}"


def _text(shape: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, shape))}]"
