import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cli, cliJson, ROOT } from '../../scripts/own-stack/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  readRows,
  readSummary,
  startExecution,
  waitForEnd,
} from '../../scripts/own-stack/stack.ts';
import type { Arm } from '../../src/contract/arm.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { statisticsIn } from '../../src/workloads/answers.ts';
import { independentRows } from './support/independent-rows.ts';
import { SHARED_ENGINES, sharedFleet } from './support/shared-fleet.ts';

const PREFIX = 'histogram/';
const PHOTOS = 30;
const BATCH_SIZE = 8;
/** Beside the photographs: one colour, grey, and a damaged file. */
const IMAGES = PHOTOS + 3;
const PERCENTS = [1, 5, 25, 50, 75, 95, 99];

let stack: ConnectedStack;
let folder: string;
let images: string;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-histogram-'));
  images = join(folder, 'images');
  const photos = join(inject('home'), 'dataset/photos');
  const names = (await readdir(photos)).filter((name) => name.endsWith('.jpg')).sort();
  await mkdir(images);
  for (const name of names.slice(0, PHOTOS)) await copyFile(join(photos, name), join(images, name));
  const white = { create: { width: 40, height: 30, channels: 3, background: '#ffffff' } } as const;
  await sharp(white).png().toFile(join(images, 'white.png'));
  await sharp(join(photos, names[0] ?? ''))
    .greyscale()
    .png()
    .toFile(join(images, 'grey.png'));
  await writeFile(join(images, 'damaged.jpg'), Buffer.from('ffd8ffe000', 'hex'));
  await cliJson(stack.home, ['dataset', 'upload', images, '--prefix', PREFIX]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(SHARED_ENGINES)('the histogram of both arms, with engine %s', (engine) => {
  let runId: string;
  let summary: Summary;

  beforeAll(async () => {
    const fleet = await sharedFleet(engine);
    const input = { prefix: PREFIX, workload: { name: 'histogram' }, fleet, batchSize: BATCH_SIZE };
    runId = await startExecution(stack, input);
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'SUCCEEDED' });
    summary = await readSummary(stack, runId);
  });

  it('is the same file for each batch, to the byte, beside the rows of stats', async () => {
    expect(summary.agreement.equal).toBe(true);
    expect(summary.rounds.flatMap(({ arms }) => arms.map(({ valid }) => valid))).toEqual([true, true]);
    const [serverless, fleet] = [await histogramsOf(runId, 'serverless'), await histogramsOf(runId, 'fleet')];
    expect(serverless.length).toBe(summary.plan.batches);
    expect(fleet).toEqual(serverless);
    expect(await readRows(stack, runId, 'fleet')).toBe(await independentRows(images, PREFIX));
  });

  it('gives the statistics that numpy gives of all pixels', async () => {
    const script = join(ROOT, 'test/fixtures/independent_statistics.py');
    const { stdout } = await promisify(execFile)(join(ROOT, '.venv/bin/python'), [
      ...['-B', script, images, ...PERCENTS.map(String)],
    ]);
    const numpy = JSON.parse(stdout);
    expect(statisticsIn(summary.answer)?.dataset?.images).toBe(numpy.images);
    expect(numpy.images).toBe(IMAGES - 1);
    for (const [c, channel] of (statisticsIn(summary.answer)?.dataset?.channels ?? []).entries()) {
      const { mean, exact_std, min, max, percentiles, counts } = numpy.channels[c];
      expect(channel).toMatchObject({
        ...{ mean: { level: mean }, std: { level: exact_std }, min: { level: min }, max: { level: max } },
        percentiles: PERCENTS.map((percent, at) => ({ percent, level: percentiles[at] })),
      });
      expect(statisticsIn(summary.answer)?.dataset?.exact.counts?.[c]).toEqual(counts.map(String));
    }
  });

  it('comes with the constants and the outliers, in the summary and from the command line', async () => {
    expect(statisticsIn(summary.answer)?.constants?.torchvision).toMatch(
      /^transforms\.Normalize\(mean=\[0\.\d+, /,
    );
    expect(statisticsIn(summary.answer)?.outliers).toMatchObject({
      images: IMAGES - 1,
      constant: { count: 1, examples: [`${PREFIX}white.png`] },
    });
    const constants = await cliJson(stack.home, ['dataset', 'constants', runId, '--percentiles', '50,99.9']);
    expect(constants).toMatchObject({
      runId,
      images: IMAGES - 1,
      constants: statisticsIn(summary.answer)?.constants,
    });
    expect(constants).toMatchObject({
      channels: [{ percentiles: [{ percent: 50 }, { percent: 99.9 }] }, {}, {}],
    });
    const { code, stdout } = await cli(stack.home, ['dataset', 'outliers', runId]);
    expect(code).toBe(0);
    expect(stdout).toContain(`images of one colour: 1\n  ${PREFIX}white.png\nfailed with DECODE_FAILED: 1\n`);
  });
});

it('a run that goes on with one of histograms takes them over', async () => {
  const input = {
    prefix: PREFIX,
    workload: { name: 'histogram' },
    arms: ['serverless'],
    batchSize: BATCH_SIZE,
  };
  const earlier = await startExecution(stack, { ...input, baseline: false });
  await waitForEnd(stack, earlier);
  const Key = layout.span(earlier, 'serverless', 0, 1);
  await stack.s3.send(new DeleteObjectCommand({ Bucket: stack.stack.runsBucket, Key }));
  const resumed = await startExecution(stack, { ...input, baseline: false, resume: earlier });
  await waitForEnd(stack, resumed);
  const [one, other] = [await readSummary(stack, earlier), await readSummary(stack, resumed)];
  expect(other.rounds[0]?.arms[0]).toMatchObject({ valid: true, batchesTakenOver: one.plan.batches - 1 });
  expect(statisticsIn(other.answer)?.dataset?.exact).toEqual(statisticsIn(one.answer)?.dataset?.exact);
});

async function histogramsOf(runId: string, arm: Arm): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of stack.runs.list(`${layout.arm(runId, arm, 0)}histograms/`)) keys.push(key);
  return Promise.all(keys.sort().map(async (key) => (await stack.runs.get(key)).toString('utf8')));
}
