import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { cli, cliJson } from '../../scripts/own-stack/cli.ts';
import { type ConnectedStack, connectStack } from '../../scripts/own-stack/stack.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { smallModel, value } from '../unit/models/small-model.ts';
import { copySample } from './support/copy-sample.ts';

const IMAGES = 60;
const PREFIX = 'own-model/';

let stack: ConnectedStack;
let folder: string;
let model: string;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  await copySample('digits', IMAGES, PREFIX);
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-own-model-'));
  model = join(folder, 'mean.onnx');
  // Means of the three channels, which are the same in images without colour: the first class is taken.
  await writeFile(
    model,
    smallModel({
      node: [
        { opType: 'GlobalAveragePool', input: ['images'], output: ['means'] },
        { opType: 'Flatten', input: ['means'], output: ['scores'] },
      ],
      initializer: [],
      input: [value('images', ['N', 3, 8, 8])],
      output: [value('scores', ['N', 3])],
    }),
  );
  const constants = { mean: [0, 0, 0], std: [1, 1, 1] };
  const described = { resize: { width: 8, height: 8 }, filter: 'nearest', ...constants };
  await writeFile(join(folder, 'mean.json'), JSON.stringify(described));
  await writeFile(join(folder, 'mean.labels.txt'), 'red\ngreen\nblue\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a model of this machine is put where the run finds it, once', async () => {
  const args = ['run', PREFIX, '--workload', 'classify', '--model', model, '--model-batch', '16'];
  const summary = await cliJson<Summary>(stack.home, [...args, '--arms', 'serverless']);
  expect(summary.answer).toMatchObject({
    ...{ kind: 'classify', classified: IMAGES, labels: ['red'] },
    counts: [{ label: 'red', images: IMAGES }],
  });
  // The baseline runs it as well.
  expect(summary.baseline).toMatchObject({ items: IMAGES });

  const uploaded = await cliJson<{ model: string; isNew: boolean }>(stack.home, ['model', 'upload', model]);
  expect(uploaded).toEqual({
    model: expect.stringMatching(/^s3:\/\/.+\/models\/[0-9a-f]{16}\/mean\.onnx$/),
    description: uploaded.model.replace('.onnx', '.json'),
    labels: uploaded.model.replace('.onnx', '.labels.txt'),
    isNew: false,
  });
  expect(summary.request.workload).toMatchObject({ params: { model: uploaded.model, modelBatch: 16 } });
});

it('what is no model costs no run', async () => {
  const broken = join(folder, 'broken.onnx');
  await writeFile(broken, (await readFile(model)).subarray(0, 40));
  const args = ['run', PREFIX, '--workload', 'classify', '--model'];
  const { code, stderr } = await cli(stack.home, [...args, broken]);
  expect(code).toBe(2);
  expect(stderr).toContain(broken);
  const none = await cli(stack.home, [...args, 'resnet51']);
  expect(none.stderr).toContain('Expected a model by its name (orientation, nsfw-resnet50, resnet50)');
});
