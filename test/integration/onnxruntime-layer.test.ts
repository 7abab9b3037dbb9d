import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installOnnxruntime } from '../../scripts/packaging/onnxruntime-layer.mjs';
import { smallModel } from '../unit/models/small-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let layer: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-layer-'));
  layer = join(folder, 'layer');
  // No npm: what is there has to do.
  vi.stubEnv('PATH', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

it.runIf(process.platform === 'linux')('runs a model with nothing but what is in the layer', async () => {
  // Prepare: as a function has it, which finds the packages of its layers by NODE_PATH
  await installOnnxruntime(ROOT, layer, process.arch);
  const model = join(folder, 'model.onnx');
  const weights = new Uint8Array(new Float32Array(120).map((_, index) => index % 2).buffer);
  const initializer = [{ name: 'weights', dims: [60n, 2n], dataType: 1, rawData: weights }];
  writeFileSync(model, smallModel({ initializer }));
  const script = `const {InferenceSession, Tensor} = require('onnxruntime-node');
    const images = new Tensor('float32', new Float32Array(120).fill(0.5), [2, 3, 4, 5]);
    InferenceSession.create(${JSON.stringify(model)}).then((session) => session.run({images}))
      .then(({scores}) => console.log(JSON.stringify([...scores.data]), require.resolve('onnxruntime-node')))`;

  // Act
  const said = execFileSync(process.execPath, ['-e', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { NODE_PATH: join(layer, 'nodejs/node_modules') },
  });

  // Assess
  expect(said.trim()).toBe(
    `[0,30,0,30] ${join(layer, 'nodejs/node_modules/onnxruntime-node/dist/index.js')}`,
  );
});

it('has what is for the other processor of functions and hosts, too', async () => {
  const other = process.arch === 'x64' ? 'arm64' : 'x64';
  await installOnnxruntime(ROOT, layer, other);
  const library = `nodejs/node_modules/onnxruntime-node/bin/napi-v6/linux/${other}/libonnxruntime.so.1`;
  // e_machine of ELF.
  expect(readFileSync(join(layer, library)).readUInt16LE(18)).toBe(other === 'x64' ? 0x3e : 0xb7);
});

it('leaves it to npm where set-up has left it out', async () => {
  for (const name of ['package.json', 'package-lock.json'])
    writeFileSync(join(folder, name), readFileSync(join(ROOT, name)));
  await expect(installOnnxruntime(folder, layer, process.arch)).rejects.toThrow('spawn npm ENOENT');
});
