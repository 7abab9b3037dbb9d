import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutModel } from '../../src/models/onnx/cut-model.ts';
import { layersOf } from '../../src/models/onnx/layers.ts';
import { ModelProtoSchema } from '../../src/models/onnx/onnx_pb.js';
import { seededRandom } from '../../src/statistics/random.ts';
import { inPieces } from '../unit/models/small-model.ts';
import { smallNetwork } from '../unit/models/small-network.ts';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const RUN = fileURLToPath(new URL('../fixtures/run_onnx.py', import.meta.url));
const NETWORK = smallNetwork();
const SHAPE = [6, 3, 33, 29];
const random = seededRandom(17);
const IMAGES = Float32Array.from({ length: SHAPE.reduce((a, b) => a * b) }, () => 2 * random() - 1);
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-cut-model-'));
  writeFileSync(join(folder, 'images.f32'), IMAGES);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The outputs of a model for all images at once. */
async function run(model: Uint8Array) {
  const session = await InferenceSession.create(model, {
    ...{ intraOpNumThreads: 1, interOpNumThreads: 1 },
    executionProviders: ['cpu'],
  });
  const outputs = await session.run({ images: new Tensor('float32', IMAGES, SHAPE) });
  await session.release();
  return outputs;
}

function sha256(tensor: Tensor | undefined): string {
  if (tensor === undefined) throw new Error('Expected the output to be asked for.');
  const { buffer, byteOffset, byteLength } = tensor.data as Float32Array;
  return hash('sha256', new Uint8Array(buffer, byteOffset, byteLength), 'hex');
}

async function cutAt(name: string) {
  const cut = await cutModel(inPieces(NETWORK), 'network.onnx', name);
  return { cut, file: Buffer.concat(await Array.fromAsync(cut.write(inPieces(NETWORK)))) };
}

test('layers have the shapes that they are said to have', async () => {
  const model = fromBinary(ModelProtoSchema, NETWORK);
  const layers = layersOf(model);
  model.graph?.output.push(...layers.slice(0, -1).map(({ name }) => outputOf(name)));
  const outputs = await run(toBinary(ModelProtoSchema, model));
  const found = layers.map(({ name }) => outputs[name]?.dims);
  expect(found).toEqual(layers.map(({ shape }) => [SHAPE[0], ...shape]));
});

test.each(['relu1', 'conv2', 'mean', 'features', 'scores'])(
  'cut at %s a model gives what the whole one gives, to the bit, in both languages and in batches of any size',
  async (name) => {
    const { cut, file } = await cutAt(name);
    const whole = fromBinary(ModelProtoSchema, NETWORK);
    const part = fromBinary(ModelProtoSchema, file);
    const ending = (part.graph?.node ?? []).filter(({ name: own = '' }) => own.startsWith(`${name}/`));
    whole.graph?.node.push(...ending);
    if (name !== 'scores') whole.graph?.output.push(outputOf(cut.output));
    const embedding = (await run(file))[cut.output];
    expect(embedding?.dims).toEqual([SHAPE[0], cut.layer.shape[0]]);
    const bits = sha256(embedding);
    expect(sha256((await run(toBinary(ModelProtoSchema, whole)))[cut.output])).toBe(bits);
    const path = join(folder, 'cut.onnx');
    writeFileSync(path, file);
    for (const batch of [1, 4, 6]) {
      const args = [RUN, path, join(folder, 'images.f32'), JSON.stringify(SHAPE), String(batch)];
      expect(JSON.parse(execFileSync(PYTHON, args, { encoding: 'utf8' }))).toEqual({ [cut.output]: bits });
    }
  },
);

/** An output of whichever shape. */
function outputOf(name: string) {
  const { graph } = fromBinary(ModelProtoSchema, NETWORK);
  const [output] = graph?.output ?? [];
  if (output?.type?.value.case !== 'tensorType') throw new Error('no output');
  output.name = name;
  delete output.type.value.value.shape;
  return output;
}
