import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { cli, cliJson } from '../../scripts/own-stack/cli.ts';
import { type ConnectedStack, connectStack } from '../../scripts/own-stack/stack.ts';
import { layout } from '../../src/contract/layout.ts';
import { openEmbeddings } from '../../src/embeddings/read-embeddings.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { smallModel, value } from '../unit/models/small-model.ts';
import { copySample } from './support/copy-sample.ts';

const IMAGES = 60;
const PREFIX = 'embedded/';

let stack: ConnectedStack;
let folder: string;
let model: string;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  await copySample('digits', IMAGES, PREFIX);
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-embed-'));
  model = join(folder, 'planes.onnx');
  // Of the planes every second value, which the layer has as [N, 3, 4, 4]: of each plane the mean is the embedding.
  await writeFile(
    model,
    smallModel({
      node: [
        {
          opType: 'MaxPool',
          input: ['images'],
          output: ['planes'],
          attribute: [
            { name: 'kernel_shape', type: 7, ints: [2n, 2n] },
            { name: 'strides', type: 7, ints: [2n, 2n] },
          ],
        },
        { opType: 'GlobalAveragePool', input: ['planes'], output: ['means'] },
        { opType: 'Flatten', input: ['means'], output: ['scores'] },
      ],
      initializer: [],
      input: [value('images', ['N', 3, 8, 8])],
      output: [value('scores', ['N', 3])],
    }),
  );
  const constants = { mean: [0, 0, 0], std: [1, 1, 1] };
  const described = { resize: { width: 8, height: 8 }, filter: 'nearest', ...constants };
  await writeFile(join(folder, 'planes.json'), JSON.stringify(described));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('both arms have the same embeddings, which are written once, and an image is found by its own', async () => {
  const args = ['run', PREFIX, '--workload', 'embed', '--model', model, '--layer', 'planes'];
  const summary = await cliJson<Summary>(stack.home, [...args, '--engine', 'ray', '--workers', '1']);
  expect(summary.agreement.equal).toBe(true);
  expect(summary.answer).toMatchObject({
    ...{ kind: 'embed', embedded: IMAGES, length: 3, layer: 'planes' },
    least: expect.any(Number),
  });

  const out = join(folder, 'embeddings.parquet');
  await cliJson(stack.home, ['report', summary.runId, '--format', 'embeddings', '--out', out]);
  const body = await readFile(out);
  expect(body).toEqual(await stack.runs.get(layout.embeddings(summary.runId)));
  const file = await openEmbeddings(
    { bytes: body.length, read: async (start, end) => body.subarray(start, end) },
    out,
  );
  expect(file).toMatchObject({ rows: IMAGES, format: { type: 'float32', length: 3 } });
  const [key = ''] = (await file.groups[0]?.keys()) ?? [];
  const address = `s3://${stack.stack.runsBucket}/${layout.embeddings(summary.runId)}`;
  for (const place of [
    ['--in', out],
    ['--in', address],
    ['--run', summary.runId],
  ]) {
    const { nearest } = await cliJson<{ nearest: object[] }>(stack.home, [
      ...['nearest', key, ...place],
      ...['--k', '1'],
    ]);
    expect(nearest).toEqual([{ key, distance: 0 }]);
  }
  const none = await cli(stack.home, ['nearest', key, '--run', 'no-run']);
  expect(none.stderr).toContain('[NO_EMBEDDINGS] Expected embeddings of the run no-run');
  const nowhere = await cli(stack.home, ['nearest', key, '--in', `${address}x`]);
  expect(nowhere.stderr).toContain(`[OBJECT_NOT_FOUND] Expected ${address}x but it is not there`);
});

it('a layer that the model has not costs no run', async () => {
  const args = ['run', PREFIX, '--workload', 'embed', '--model', model, '--layer', 'none'];
  const { code, stderr } = await cli(stack.home, args);
  expect(code).toBe(2);
  expect(stderr).toContain('none');
});
