"""The networks that the workload `cnn` trains, and one step of their training, for JAX to take apart.

Images are of the shape (N, height, width, channels). A convolution is one product of matrices: of the pixels that
each place sees, next to each other, and the weights. So its gradients are products of matrices, too, which ONNX Runtime
is quick at when weights change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np

EPSILON = 1e-5
"""Added to variances by batch normalisation, as PyTorch does."""
KEPT = 0.9
"""The part of a running average that stays in a step, as PyTorch's momentum of 0.1."""
DECAY = 5e-4
"""Weight decay, of weights alone."""
BATCH = 32
"""Images of a step, and of an evaluation."""
CLASSES = 100
"""Most classes. Of those that a set has not the scores are lowered so far that they take no part."""


@dataclass
class Shapes:
    """What a network has: filled as it is walked through once."""

    parameters: dict[str, tuple[int, ...]] = field(default_factory=dict)
    averages: dict[str, tuple[int, ...]] = field(default_factory=dict)


Values = dict[str, jax.Array]


class Pass:
    """One walk through a network, with what its layers take and what they leave."""

    def __init__(self, parameters: Values, averages: Values, is_training: bool) -> None:
        self._parameters, self._averages, self._is_training = parameters, averages, is_training
        self.moved: Values = {}
        """The running averages after it."""

    def convolution(self, x: jax.Array, name: str, to: int, side: int = 3, stride: int = 1) -> jax.Array:
        """Without bias; padded by zeros, so that with stride 1 it keeps height and width."""
        images, height, width, channels = x.shape
        rows, columns = _seen(height, side, stride), _seen(width, side, stride)
        seen = [
            _shifted(_shifted(x, 1, row, side, stride), 2, column, side, stride) for row in rows for column in columns
        ]
        _, below, beside, _ = seen[0].shape
        together = jnp.concatenate(seen, 3) if len(seen) > 1 else seen[0]
        weights = self._parameter(f"{name}.weight", (len(seen) * channels, to))
        product = together.reshape(-1, len(seen) * channels) @ weights
        return product.reshape(images, below, beside, to)

    def normalised(self, x: jax.Array, name: str) -> jax.Array:
        """Batch normalisation: by the batch when it trains, else by the running averages."""
        channels = x.shape[-1]
        scale = self._parameter(f"{name}.scale", (channels,))
        shift = self._parameter(f"{name}.shift", (channels,))
        mean, variance = self._average(f"{name}.mean", channels), self._average(f"{name}.variance", channels)
        if self._is_training:
            count = x.size // channels
            of_batch = x.sum((0, 1, 2)) / count
            centred = x - of_batch
            spread = (centred * centred).sum((0, 1, 2)) / count
            self.moved[f"{name}.mean"] = KEPT * mean + (1 - KEPT) * jax.lax.stop_gradient(of_batch)
            unbiased = spread * (count / (count - 1))
            self.moved[f"{name}.variance"] = KEPT * variance + (1 - KEPT) * jax.lax.stop_gradient(unbiased)
        else:
            centred, spread = x - mean, variance
        return centred * (scale * jax.lax.rsqrt(spread + EPSILON)) + shift

    def linear(self, x: jax.Array, name: str, to: int) -> jax.Array:
        weights = self._parameter(f"{name}.weight", (x.shape[1], to))
        return x @ weights + self._parameter(f"{name}.bias", (to,))

    def _parameter(self, name: str, shape: tuple[int, ...]) -> jax.Array:
        return _checked(self._parameters, name, shape)

    def _average(self, name: str, channels: int) -> jax.Array:
        return _checked(self._averages, name, (channels,))


class Survey(Pass):
    """A walk that finds out which parameters there are, and makes them."""

    def __init__(self) -> None:
        super().__init__({}, {}, True)
        self.shapes = Shapes()

    def _parameter(self, name: str, shape: tuple[int, ...]) -> jax.Array:
        self.shapes.parameters[name] = shape
        return jnp.zeros(shape)

    def _average(self, name: str, channels: int) -> jax.Array:
        self.shapes.averages[name] = (channels,)
        return jnp.zeros((channels,))


Network = Callable[[Pass, jax.Array, int], jax.Array]


def small(walk: Pass, x: jax.Array, classes: int) -> jax.Array:
    """Three convolutions and a linear layer."""
    for number, (channels, stride) in enumerate(((16, 1), (32, 2), (64, 2)), 1):
        x = walk.convolution(x, f"conv{number}", channels, stride=stride)
        x = _rectified(walk.normalised(x, f"norm{number}"))
    return walk.linear(x.mean((1, 2)), "fc", classes)


def resnet18(walk: Pass, x: jax.Array, classes: int) -> jax.Array:
    """That of He et al. (https://arxiv.org/abs/1512.03385), begun as theirs for CIFAR: with 3x3, no pooling."""
    x = _rectified(walk.normalised(walk.convolution(x, "conv1", 64), "bn1"))
    for number, channels in enumerate((64, 128, 256, 512), 1):
        for block in range(2):
            name = f"layer{number}.{block}"
            stride = 2 if number > 1 and block == 0 else 1
            y = walk.convolution(x, f"{name}.conv1", channels, stride=stride)
            y = _rectified(walk.normalised(y, f"{name}.bn1"))
            y = walk.normalised(walk.convolution(y, f"{name}.conv2", channels), f"{name}.bn2")
            if stride > 1:
                x = walk.convolution(x, f"{name}.downsample", channels, side=1, stride=stride)
                x = walk.normalised(x, f"{name}.downsample.bn")
            x = _rectified(x + y)
    return walk.linear(x.mean((1, 2)), "fc", classes)


NETWORKS: dict[str, Network] = {"small": small, "resnet18": resnet18}


def shapes_of(network: Network, side: int) -> Shapes:
    survey = Survey()
    jax.eval_shape(lambda x: network(survey, x, CLASSES), jnp.zeros((BATCH, side, side, 3)))
    return survey.shapes


def training_step(network: Network) -> Callable[..., tuple[jax.Array, Values, Values, Values]]:
    """One step of stochastic gradient descent with momentum, as PyTorch's SGD has it."""

    def step(
        parameters: Values,
        averages: Values,
        speeds: Values,
        images: jax.Array,
        truth: jax.Array,
        absent: jax.Array,
        rate: jax.Array,
        momentum: jax.Array,
    ) -> tuple[jax.Array, Values, Values, Values]:
        """`truth` are classes, and `absent` are zeros and, for classes that there are not, -10^9.

        Gives the loss before the step, which is the mean of the images' cross entropy, and what comes in the place of
        the first three.
        """

        def loss_of(parameters: Values) -> tuple[jax.Array, Values]:
            walk = Pass(parameters, averages, True)
            logits = network(walk, _from_bytes(images), CLASSES) + absent
            shifted = logits - jax.lax.stop_gradient(logits.max(1, keepdims=True))
            is_truth = (truth[:, None] == np.arange(CLASSES, dtype=np.int32)).astype(jnp.float32)
            losses = jnp.log(jnp.exp(shifted).sum(1)) - (shifted * is_truth).sum(1)
            return losses.sum() / losses.size, walk.moved

        (loss, moved), gradients = jax.value_and_grad(loss_of, has_aux=True)(parameters)
        next_speeds = {
            name: momentum * speeds[name] + (own + DECAY * parameters[name] if name.endswith(".weight") else own)
            for name, own in gradients.items()
        }
        return loss, {name: parameters[name] - rate * own for name, own in next_speeds.items()}, moved, next_speeds

    return step


def evaluation(network: Network) -> Callable[[Values, Values, jax.Array], jax.Array]:
    """The logits of images, by the running averages."""
    return lambda parameters, averages, images: network(Pass(parameters, averages, False), _from_bytes(images), CLASSES)


def _from_bytes(images: jax.Array) -> jax.Array:
    """From -1 to 1."""
    return (images.astype(jnp.float32) - 127.5) / 127.5


def _rectified(x: jax.Array) -> jax.Array:
    return jnp.where(x > 0, x, 0)


def _seen(length: int, side: int, stride: int) -> list[int]:
    """The taps of a side that meet a pixel anywhere: the others have only zeros of the border, and no weights here."""
    places = range(0, length, stride)
    return [tap for tap in range(side) if any(0 <= place + tap - side // 2 < length for place in places)]


def _shifted(x: jax.Array, axis: int, tap: int, side: int, stride: int) -> jax.Array:
    """What the tap sees at each place: `x` moved, and with every other line if the stride is 2."""
    length = x.shape[axis]
    places = -(-length // stride)
    begin = tap - side // 2
    before = max(0, -begin)
    after = max(0, begin + stride * places - length)
    if before or after:
        x = jnp.pad(x, [(before, after) if own == axis else (0, 0) for own in range(4)])
    x = jax.lax.slice_in_dim(x, begin + before, begin + before + stride * places, axis=axis)
    if stride == 1:
        return x
    apart = x.reshape(*x.shape[:axis], places, stride, *x.shape[axis + 1 :])
    return jax.lax.index_in_dim(apart, 0, axis + 1, keepdims=False)


def _checked(values: Values, name: str, shape: tuple[int, ...]) -> jax.Array:
    if values[name].shape != shape:
        raise ValueError(f"Expected {name} of the shape {shape} but it has {values[name].shape}.")
    return values[name]
