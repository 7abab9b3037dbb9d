#!/usr/bin/env bash
# What a model answers for an image may depend on the other images of its batch, or on how many there are.
#
# One would guess: either always, since sums of floating-point numbers depend on their order; or never, since a model has nothing in it
#   that reaches from one image to another.
# What happens: with weights that are constants the answers are equal to the bit for every size of a batch, in Python and in Node, and with any
#   number of threads. With the same weights as initialisers that are inputs, too, which exporters of old wrote, they are not: such weights
#   may be given anew at each run, and are not packed before. With dynamic quantisation they depend on the neighbours themselves: scale and zero
#   point are those of the whole batch.
# Seen with ONNX Runtime 1.30.0 for Python and for Node on x86-64 with AVX-512, and onnx 1.23.2: the orientation model of rapidocr 3.10.0,
#   its values before the softmax for 32 images of noise, in batches of 1, 8 and 32, compared with those of batches of 1:
#   constants: equal
#   inputs: others
#   inputs of IR version 3: equal (that version wants all weights among the inputs, and nobody can give others)
#   dynamic quantisation: others
#   Node, constants: equal
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check onnxruntime==1.30.0 onnx==1.23.2 numpy==2.4.6
venv/bin/pip download --quiet --disable-pip-version-check --no-deps rapidocr==3.10.0
python3 -m zipfile -e rapidocr-3.10.0-*.whl wheel
echo '{"private": true}' >package.json
ONNXRUNTIME_NODE_INSTALL=skip npm install --silent --no-audit --no-fund onnxruntime-node@1.30.0
cat >try.py <<'PYTHON'
import copy
import logging

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import quantize_dynamic

logging.disable(logging.WARNING)
model = onnx.load("wheel/rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx")
graph = model.graph
# Its values before the softmax, which makes most of them 0 or 1.
softmax = next(node for node in graph.node if node.op_type == "Softmax")
del graph.output[:]
graph.output.append(onnx.helper.make_tensor_value_info(softmax.input[0], onnx.TensorProto.FLOAT, [None, 2]))
onnx.save(model, "constants.onnx")

# The same with all constants as initialisers that are inputs, too.
given = copy.deepcopy(model)
for node in [node for node in given.graph.node if node.op_type == "Constant"]:
    tensor = node.attribute[0].t
    tensor.name = node.output[0]
    given.graph.initializer.append(tensor)
    given.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    given.graph.node.remove(node)
onnx.save(given, "inputs.onnx")
given.ir_version = 3
onnx.save(given, "inputs3.onnx")
quantize_dynamic("constants.onnx", "dynamic.onnx")

pixels = np.random.default_rng(1).integers(0, 256, (32, 3, 48, 192))
images = ((pixels / 255 - 0.5) / 0.5).astype(np.float32)
images.tofile("images.bin")


def answers(path, size, threads=1, images=images):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    batches = [images[at : at + size] for at in range(0, len(images), size)]
    return np.concatenate([session.run(None, {name: batch})[0] for batch in batches])


def word(ours, others):
    return "equal" if all(ours.tobytes() == other.tobytes() for other in others) else "others"


alone = answers("constants.onnx", 1)
alone.tofile("answers.bin")
print("constants:", word(alone, [answers("constants.onnx", size, n) for size in (1, 8, 32) for n in (1, 2)]))
given = answers("inputs.onnx", 1)
print("inputs:", word(given, [answers("inputs.onnx", size) for size in (8, 32)]))
print("inputs of IR version 3:", word(alone, [answers("inputs3.onnx", size) for size in (1, 8, 32)]))
beside = answers("dynamic.onnx", 2, images=np.stack([images[0], 3 * images[1]]))[:1]
print("dynamic quantisation:", word(answers("dynamic.onnx", 1)[:1], [beside]))
PYTHON
cat >try.mjs <<'NODE'
import { readFileSync } from 'node:fs';
import ort from 'onnxruntime-node';

const file = readFileSync('images.bin');
const images = new Float32Array(file.buffer, file.byteOffset, file.length / 4);
const session = await ort.InferenceSession.create('constants.onnx', {
  graphOptimizationLevel: 'all',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
});
const [input] = session.inputNames;
const [output] = session.outputNames;
const length = 3 * 48 * 192;
const equal = [];
for (const size of [1, 8, 32]) {
  const answers = [];
  for (let at = 0; at < 32; at += size) {
    const batch = images.subarray(at * length, (at + size) * length);
    const { [output]: { data } } = await session.run({ [input]: new ort.Tensor('float32', batch, [size, 3, 48, 192]) });
    answers.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  equal.push(Buffer.concat(answers).equals(readFileSync('answers.bin')));
}
console.log('Node, constants:', equal.every(Boolean) ? 'equal' : 'others');
NODE
seen=$(venv/bin/python try.py && node try.mjs)
echo "$seen"
[ "$seen" = "constants: equal
inputs: others
inputs of IR version 3: equal
dynamic quantisation: others
Node, constants: equal" ]
