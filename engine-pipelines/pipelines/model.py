"""The model of a pipeline: tensors to labels and scores."""

import json
from typing import Any

import numpy as np
import onnxruntime

from pipelines.choices import Choices
from pipelines.images import Batch, normalise


def session_of(model: bytes, choices: Choices) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = choices.threads
    options.enable_cpu_mem_arena = choices.arena
    options.log_severity_level = 3
    if choices.saved_graph:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def optimised(model: bytes, path: str) -> bytes:
    """The graph as ONNX Runtime has it when it is done with it, by way of a file."""
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = path
    options.log_severity_level = 3
    onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    with open(path, "rb") as file:
        return file.read()


class Model:
    """A session, with what is said of the model."""

    def __init__(self, model: bytes, description: bytes, choices: Choices) -> None:
        self._said: dict[str, Any] = json.loads(description)
        self._choices = choices
        self._session = session_of(model, choices)
        self._normalise = normalise(self._said["recipe"], choices_after(choices))

    def __call__(self, batch: Batch) -> Batch:
        """Rows `key`, `label` (None for an image that was not decoded), `score`."""
        if self._choices.tensor_type == "uint8":
            batch = self._normalise(batch)
        tensors = batch["tensor"]
        at_once = 1 if self._said["batch"] == 1 else self._choices.model_batch
        parts = [self._run(tensors[at : at + at_once]) for at in range(0, len(tensors), at_once)]
        return {"key": [str(key) for key in batch["key"]], **self._best(np.concatenate(parts), batch["decoded"])}

    def _run(self, tensors: Any) -> np.ndarray:
        said, recipe = self._said, self._said["recipe"]
        values = np.ascontiguousarray(np.stack([_dense(tensor) for tensor in tensors]), recipe["type"])
        if said["bgr"]:
            values = np.ascontiguousarray(np.flip(values, 1 if recipe["layout"] == "nchw" else 3))
        if not self._choices.bound_output:
            return self._session.run([said["output"]], {said["input"]: values})[0]
        binding = self._session.io_binding()
        binding.bind_cpu_input(said["input"], values)
        room = np.empty((len(values), len(said["labels"])), np.float32)
        binding.bind_output(said["output"], "cpu", 0, np.float32, room.shape, room.ctypes.data)
        self._session.run_with_iobinding(binding)
        return room

    def _best(self, logits: np.ndarray, decoded: Any) -> Batch:
        if self._choices.scores_by == "row":
            scores = [self._scores(row[np.newaxis])[0] for row in logits]
            best = [int(np.argmax(row)) for row in logits]
            of_best = [float(row[at]) for row, at in zip(scores, best, strict=True)]
        else:
            best = np.argmax(logits, axis=1).tolist()
            of_best = self._scores(logits)[np.arange(len(logits)), best].tolist()
        labels = [self._said["labels"][at] if is_there else None for at, is_there in zip(best, decoded, strict=True)]
        return {"label": labels, "score": [s if there else None for s, there in zip(of_best, decoded, strict=True)]}

    def _scores(self, logits: np.ndarray) -> np.ndarray:
        if self._said["isSoftmax"]:
            return logits
        powers = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)


def _dense(tensor: Any) -> np.ndarray:
    """A tensor that came as nested lists, of which Arrow makes arrays of arrays where a block has but one."""
    if isinstance(tensor, np.ndarray) and tensor.dtype == object:
        return np.stack([_dense(part) for part in tensor])
    return np.asarray(tensor)


def choices_after(choices: Choices) -> Choices:
    """Those of a normalisation beside the model, whose tensors go nowhere else."""
    return Choices(normalise=choices.normalise, in_place=choices.in_place)
