import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
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
import type { Normalisation } from '../../src/contract/normalisation.ts';
import { compareKeys } from '../../src/dataset/order.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { statisticsIn } from '../../src/workloads/answers.ts';
import { copySample } from './support/copy-sample.ts';
import { sharedFleet } from './support/shared-fleet.ts';

const PREFIX = 'normalise/';
const PHOTOS = 30;
const ARMS: readonly Arm[] = ['serverless', 'fleet'];
/** Beside the photographs: one colour, grey, a damaged file, and a key that needs escaping. */
const IMAGES = PHOTOS + 3;

let stack: ConnectedStack;
let folder: string;

beforeAll(async () => {
  stack = await connectStack(inject('home'));
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-normalise-'));
  const photos = join(inject('home'), 'dataset/photos');
  const names = (await readdir(photos)).filter((name) => name.endsWith('.jpg')).sort();
  await mkdir(join(folder, 'images'));
  for (const name of names.slice(0, PHOTOS)) await copyFile(join(photos, name), join(folder, 'images', name));
  const plain = { create: { width: 40, height: 30, channels: 3, background: '#204060' } } as const;
  await sharp(plain).png().toFile(join(folder, 'images/one colour #1+%.png'));
  await sharp(join(photos, names[0] ?? ''))
    .greyscale()
    .png()
    .toFile(join(folder, 'images/grey.png'));
  await writeFile(join(folder, 'images/damaged.jpg'), Buffer.from('ffd8ffe000', 'hex'));
  await cliJson(stack.home, ['dataset', 'upload', join(folder, 'images'), '--prefix', PREFIX]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(['png', 'npy', 'jpeg'] as const)('normalised to %s, by start-execution', (format) => {
  const normalisation: Normalisation = { format, channels: 'all', quality: 90 };
  let runId: string;
  let summary: Summary;

  beforeAll(async () => {
    const fleet = await sharedFleet('dask');
    const input = {
      prefix: PREFIX,
      workload: { name: 'normalise', params: { format } },
      fleet,
      batchSize: 5,
    };
    runId = await startExecution(stack, input);
    expect(await waitForEnd(stack, runId)).toMatchObject({ status: 'SUCCEEDED' });
    summary = await readSummary(stack, runId);
  });

  it('gives the same rows on both arms, each with its file, which is what numpy makes of the image', async () => {
    expect(summary.agreement.equal).toBe(true);
    for (const arm of ARMS) {
      const files = await filesOf(runId, arm);
      const found = await checked(runId, arm, files, normalisation);
      expect(found.different).toEqual({});
      expect(found.checked).toBe(IMAGES - 1);
      expect(files.size).toBe(IMAGES - 1);
    }
  });

  it('says how many files and bytes each arm wrote', async () => {
    for (const { arm, items, failedItems, work } of summary.rounds.flatMap((round) => round.arms)) {
      const files = [...(await filesOf(runId, arm)).values()];
      expect([items, failedItems]).toEqual([IMAGES, 1]);
      expect(work?.outputBytes).toBe(files.reduce((sum, file) => sum + file.length, 0));
    }
    expect(summary.baseline).toMatchObject({ items: IMAGES - 1, complete: true });
  });

  // A JPEG shows its encoder, so its bytes are promised for one encoder only.
  if (format === 'jpeg') {
    it('has JPEGs near the pixels that were encoded', async () => {
      for (const arm of ARMS) {
        const { worst_psnr } = await checked(runId, arm, await filesOf(runId, arm), normalisation);
        expect(worst_psnr).toBeGreaterThan(28);
      }
    });
  } else {
    it('has the same files on both arms, to the byte', async () => {
      const [one, other] = await Promise.all(ARMS.map((arm) => filesOf(runId, arm)));
      expect([...(one ?? [])].filter(([name, file]) => !other?.get(name)?.equals(file))).toEqual([]);
      expect(one?.size).toBe(other?.size);
    });
  }
});

describe('by the range of the dataset', () => {
  it('a minmax run goes before, and all images are stretched alike', async () => {
    // Act
    const { code, stdout } = await cli(stack.home, [
      ...['--json', 'run', PREFIX, '--workload', 'normalise', '--scope', 'dataset', '--channels', 'each'],
      ...['--fleet', await sharedFleet('dask'), '--no-baseline'],
    ]);
    // Assess
    expect(code).toBe(3);
    const summary = JSON.parse(stdout) as Summary;
    const { workload } = summary.request;
    if (workload.name !== 'normalise') throw new Error(`Expected normalise but got ${workload.name}.`);
    const { statisticsRun = '', range } = workload.params;
    const statistics = await readSummary(stack, statisticsRun);
    const levels = (name: 'min' | 'max') =>
      statisticsIn(statistics.answer)?.dataset?.channels.map((channel) => channel[name]?.level);
    expect(statistics.request).toMatchObject({
      workload: { name: 'statistics', params: { operation: 'minmax' } },
      arms: ['serverless'],
    });
    expect(range).toEqual({ min: levels('min'), max: levels('max') });
    expect(summary.agreement.equal).toBe(true);
    for (const arm of ARMS) {
      const files = await filesOf(summary.runId, arm);
      const found = await checked(summary.runId, arm, files, workload.params);
      expect(found.different).toEqual({});
      expect(found.checked).toBe(IMAGES - 1);
    }
  });

  it('a run over other images gives no range', async () => {
    await copySample('digits', 20, 'not-normalised/');
    const other = await startExecution(stack, {
      ...{
        prefix: 'not-normalised/',
        workload: { name: 'statistics', params: { operation: 'minmax' } },
        arms: ['serverless'],
        baseline: false,
      },
    });
    await waitForEnd(stack, other);
    const { code, stdout } = await cli(stack.home, [
      ...['--json', 'run', PREFIX, '--workload', 'normalise', '--statistics-run', other],
    ]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'STATISTICS_UNUSABLE', source: 'user' });
  });
});

/** The files of an arm by the name of their image, with the suffix, in key order. */
async function filesOf(runId: string, arm: Arm): Promise<Map<string, Buffer>> {
  const prefix = `runs/${runId}/${arm}/round-0/normalised/${PREFIX}`;
  const keys: string[] = [];
  for await (const { key } of stack.runs.list(prefix)) keys.push(key);
  const files = await Promise.all(
    keys.sort(compareKeys).map(async (key) => [key.slice(prefix.length), await stack.runs.get(key)] as const),
  );
  return new Map(files);
}

/** What the independent computation says of the rows and files of an arm. */
async function checked(
  runId: string,
  arm: Arm,
  files: ReadonlyMap<string, Buffer>,
  normalisation: Normalisation,
): Promise<{ checked: number; different: object; worst_psnr: number }> {
  const out = await mkdtemp(join(folder, 'files-'));
  for (const [name, file] of files) {
    await mkdir(dirname(join(out, name)), { recursive: true });
    await writeFile(join(out, name), file);
  }
  const script = join(ROOT, 'test/fixtures/independent_normalised.py');
  const settings = JSON.stringify(normalisation);
  const python = promisify(execFile)(join(ROOT, '.venv/bin/python'), [
    ...['-B', script, join(folder, 'images'), out, settings, '--prefix', PREFIX],
  ]);
  python.child.stdin?.end(await readRows(stack, runId, arm));
  return JSON.parse((await python).stdout);
}
