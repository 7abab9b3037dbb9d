"""From a function of JAX to an ONNX graph that does the same operations in the same order.

It knows the primitives that come up here, and refuses others. Nothing is optimised: that is ONNX Runtime's.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import onnx
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, Var
from jax.interpreters import partial_eval
from onnx import TensorProto, helper, numpy_helper

OPERATOR_SET = 17
_TYPES = {
    "float32": TensorProto.FLOAT,
    "int32": TensorProto.INT32,
    "uint8": TensorProto.UINT8,
    "bool": TensorProto.BOOL,
}
_SAME = {
    "add": "Add",
    "add_any": "Add",
    "div": "Div",
    "eq": "Equal",
    "exp": "Exp",
    "gt": "Greater",
    "log": "Log",
    "mul": "Mul",
    "neg": "Neg",
    "sub": "Sub",
}


class Converter:
    """Adds the equations of a jaxpr as nodes. A value is named by the number in which it was made."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = {}
        self._names: dict[Var, str] = {}

    def define(self, variable: Var, name: str) -> None:
        self._names[variable] = name

    def name_of(self, atom: Any) -> str:
        return self.constant(np.asarray(atom.val, atom.aval.dtype)) if isinstance(atom, Literal) else self._names[atom]

    def constant(self, value: np.ndarray) -> str:
        key = (str(value.dtype), value.shape, value.tobytes())
        if key not in self.constants:
            self.constants[key] = numpy_helper.from_array(value, f"c{len(self.constants)}")
        return self.constants[key].name

    def node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        output = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def add(self, jaxpr: Jaxpr) -> None:
        for equation in jaxpr.eqns:
            kind = equation.primitive.name
            inner = equation.params.get("jaxpr") or equation.params.get("call_jaxpr")
            if inner is not None:
                self._inline(inner, equation)
                continue
            inputs = [self.name_of(atom) for atom in equation.invars]
            if kind == "split":
                self._split(inputs[0], equation)
                continue
            rule = _RULES.get(kind)
            if kind in _SAME:
                output = self.node(_SAME[kind], inputs)
            elif rule is not None:
                output = rule(self, inputs, equation)
            else:
                raise NotImplementedError(f"Expected a known primitive but {kind} is none: write a rule for it.")
            self.define(equation.outvars[0], output)

    def _inline(self, inner: Any, equation: Any) -> None:
        jaxpr = inner.jaxpr if isinstance(inner, ClosedJaxpr) else inner
        for variable, value in zip(jaxpr.constvars, getattr(inner, "consts", ()), strict=True):
            self.define(variable, self.constant(np.asarray(value)))
        for variable, atom in zip(jaxpr.invars, equation.invars, strict=True):
            self.define(variable, self.name_of(atom))
        self.add(jaxpr)
        for variable, atom in zip(equation.outvars, jaxpr.outvars, strict=True):
            self.define(variable, self.name_of(atom))

    def _split(self, name: str, equation: Any) -> None:
        outputs = [f"v{len(self.nodes)}.{number}" for number in range(len(equation.outvars))]
        sizes = self.ints(equation.params["sizes"])
        self.nodes.append(helper.make_node("Split", [name, sizes], outputs, axis=equation.params["axis"]))
        for variable, output in zip(equation.outvars, outputs, strict=True):
            self.define(variable, output)

    def ints(self, values: Sequence[int]) -> str:
        return self.constant(np.array(values, np.int64))

    def reshaped(self, name: str, shape: Sequence[int]) -> str:
        return self.node("Reshape", [name, self.ints(shape)])


def _broadcast(to: Converter, inputs: list[str], equation: Any) -> str:
    shape, places = equation.params["shape"], equation.params["broadcast_dimensions"]
    own = equation.invars[0].aval.shape
    aligned = [1] * len(shape)
    for size, place in zip(own, places, strict=True):
        aligned[place] = size
    name = inputs[0] if tuple(aligned) == own else to.reshaped(inputs[0], aligned)
    return name if tuple(aligned) == shape else to.node("Expand", [name, to.ints(shape)])


def _dot(to: Converter, inputs: list[str], equation: Any) -> str:
    (left, right), (of_left, of_right) = equation.params["dimension_numbers"]
    if of_left or of_right or len(left) != 1 or any(len(atom.aval.shape) != 2 for atom in equation.invars):
        raise NotImplementedError("Expected the product of two matrices but it is another one.")
    if left == (1,) and right == (0,):
        return to.node("MatMul", inputs)
    return to.node("Gemm", inputs, transA=1 if left == (0,) else 0, transB=1 if right == (1,) else 0)


def _pad(to: Converter, inputs: list[str], equation: Any) -> str:
    config = equation.params["padding_config"]
    if any(inner != 0 for _, _, inner in config):
        raise NotImplementedError("Expected borders but there is something within.")
    pads = [before for before, _, _ in config] + [after for _, after, _ in config]
    return to.node("Pad", [inputs[0], to.ints(pads), inputs[1]])


def _slice(to: Converter, inputs: list[str], equation: Any) -> str:
    starts, limits = equation.params["start_indices"], equation.params["limit_indices"]
    if any(stride != 1 for stride in equation.params["strides"] or ()):
        raise NotImplementedError("Expected a slice without strides but it has some.")
    shape = equation.invars[0].aval.shape
    axes = [axis for axis in range(len(shape)) if (starts[axis], limits[axis]) != (0, shape[axis])]
    bounds = ([values[axis] for axis in axes] for values in (starts, limits))
    return to.node("Slice", [inputs[0], *map(to.ints, bounds), to.ints(axes)])


def _reduced(kind: str) -> Callable[[Converter, list[str], Any], str]:
    def rule(to: Converter, inputs: list[str], equation: Any) -> str:
        axes = list(equation.params["axes"])
        if kind == "ReduceSum":
            return to.node(kind, [inputs[0], to.ints(axes)], keepdims=0)
        return to.node(kind, [inputs[0]], axes=axes, keepdims=0)

    return rule


_RULES: dict[str, Callable[[Converter, list[str], Any], str]] = {
    "broadcast_in_dim": _broadcast,
    "dot_general": _dot,
    "pad": _pad,
    "slice": _slice,
    "reduce_sum": _reduced("ReduceSum"),
    "reduce_max": _reduced("ReduceMax"),
    "reshape": lambda to, inputs, equation: to.reshaped(inputs[0], equation.params["new_sizes"]),
    "squeeze": lambda to, inputs, equation: to.reshaped(inputs[0], equation.outvars[0].aval.shape),
    "transpose": lambda to, inputs, equation: to.node("Transpose", inputs, perm=list(equation.params["permutation"])),
    "concatenate": lambda to, inputs, equation: to.node("Concat", inputs, axis=equation.params["dimension"]),
    # Its first case is that of false.
    "select_n": lambda to, inputs, equation: to.node("Where", [inputs[0], inputs[2], inputs[1]]),
    "rsqrt": lambda to, inputs, equation: to.node("Reciprocal", [to.node("Sqrt", inputs)]),
    "stop_gradient": lambda to, inputs, equation: inputs[0],
    "convert_element_type": lambda to, inputs, equation: (
        inputs[0]
        if equation.invars[0].aval.dtype == equation.params["new_dtype"]
        else to.node("Cast", inputs, to=_TYPES[str(equation.params["new_dtype"])])
    ),
}


Value = tuple[str, jax.ShapeDtypeStruct]
"""A name, with shape and type."""


def to_onnx(
    name: str, function: Callable[..., Sequence[Any]], inputs: Sequence[Value], outputs: Sequence[str]
) -> onnx.ModelProto:
    """`function` takes arrays in the order of `inputs`, and gives them in that of `outputs`."""
    closed = jax.make_jaxpr(function)(*(value for _, value in inputs))
    converter = Converter()
    for variable, constant in zip(closed.jaxpr.constvars, closed.consts, strict=True):
        converter.define(variable, converter.constant(np.asarray(constant)))
    for variable, (own, _) in zip(closed.jaxpr.invars, inputs, strict=True):
        converter.define(variable, own)
    # What nothing depends on, such as what rules of gradients leave.
    jaxpr, _ = partial_eval.dce_jaxpr(closed.jaxpr, [True] * len(outputs), instantiate=True)
    converter.add(jaxpr)
    for own, atom in zip(outputs, jaxpr.outvars, strict=True):
        converter.nodes.append(helper.make_node("Identity", [converter.name_of(atom)], [own]))
    graph = helper.make_graph(
        converter.nodes,
        name,
        [_told(own, value) for own, value in inputs],
        [_told(own, atom.aval) for own, atom in zip(outputs, jaxpr.outvars, strict=True)],
        list(converter.constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPERATOR_SET)], producer_name="fanfleet")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def _told(name: str, value: Any) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, _TYPES[str(value.dtype)], value.shape)
