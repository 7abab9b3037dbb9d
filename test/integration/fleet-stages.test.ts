import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/contract/engines.ts';
import { layout } from '../../src/contract/layout.ts';
import type { Batch } from '../../src/contract/manifest.ts';
import { spanSchema } from '../../src/contract/span.ts';
import { reducedSchema } from '../../src/contract/stage.ts';
import { fixtureLines } from '../support/fixture-script.ts';
import { cutBatches, FleetJobs, ROUND } from '../support/fleet-job.ts';
import { fullOnly } from '../support/full-only.ts';
import { plain } from '../support/image-bucket.ts';
import { ownAddress } from '../support/own-address.ts';

/** Each engine has a run of several stages on a stack. */
const ENGINES = fullOnly<Engine>(['daft', 'ray', 'dask', 'spark'], ['dask']);
const HOSTS = [ownAddress(11), ownAddress(12), ownAddress(13)] as const;
const WITHIN_MS = 100_000;
const IMAGES = 40;
/** Of images of one grey: the first centres lie close together, so that it takes some stages until none changes. */
const STARTS = [0, 1, 2];

let jobs: FleetJobs;
let folder: string;
let batches: Batch[];
let start: Buffer;
let expected: readonly { readonly outcome: string; readonly rows: readonly string[] }[];

beforeAll(async () => {
  jobs = await FleetJobs.start();
  folder = await mkdtemp(join(tmpdir(), 'stages-'));
  const objects = [];
  for (let grey = 0; grey < IMAGES; grey += 1) {
    const body = await plain(grey, 2);
    objects.push(await jobs.putImage(keyOf(grey), body));
    await writeFile(join(folder, keyOf(grey)), body);
  }
  batches = cutBatches(objects, 7);
  const centres = STARTS.map((grey) => ({ count: 1, sum: new Array<number>(12).fill(grey) }));
  start = Buffer.from(JSON.stringify({ width: 2, height: 2, centres, sizes: null, inertia: null }));
  const starts = join(await mkdtemp(join(folder, '../starts-')), 'starts.json');
  await writeFile(starts, start);
  expected = fixtureLines(['independent_kmeans.py', folder, starts]).map((line) => JSON.parse(line));
  await rm(join(starts, '..'), { recursive: true });
});
afterEach(() => jobs?.stopHosts());
afterAll(async () => {
  await jobs?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

describe.each(ENGINES)('%s', { timeout: 180_000 }, (engine) => {
  it('does stage after stage on a kept fleet, and goes on at the first one that an earlier run did not finish', async () => {
    // Prepare
    const id = `kept-${engine}.1`;
    const runs = [`${engine}-whole`, `${engine}-rest`] as const;
    for (const run of runs) await putRun(run);
    expect(expected.length).toBeGreaterThan(4);
    await jobs.keep(id, HOSTS, { FANFLEET_ENGINE: engine });

    // Act
    const whole = await jobs.settled(await submit(id, runs[0]), WITHIN_MS);
    await takeOver(...runs);
    const rest = await jobs.settled(await submit(id, runs[1]), WITHIN_MS);

    // Assess
    expect([whole.status, rest.status], await jobs.consoles()).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    for (const run of runs) {
      for (const [stage, { outcome, rows }] of expected.entries()) {
        expect(await jobs.text(layout.outcome(run, 'fleet', ROUND, stage))).toBe(outcome);
        const reduced = reducedSchema.parse(await jobs.json(layout.reduced(run, 'fleet', ROUND, stage)));
        expect(reduced).toMatchObject({ stage, batches: batches.length });
        expect(reduced.isLast).toBe(stage === expected.length - 1);
        if (run === runs[0] || stage > 0) expect(await rowsOf(run, stage)).toEqual(rows);
      }
      expect(await jobs.info(run)).toMatchObject({
        engine,
        status: 'succeeded',
        settings: { attempts: '1' },
      });
    }
    const spans = await spansOf(runs[0], 1);
    expect(spans.map(({ stage }) => stage)).toEqual(batches.map(() => 1));
    // Of stage 1 the earlier run had done all but one batch.
    const times = (await spansOf(runs[1], 1)).map(({ endedAt }) => endedAt);
    expect(times.slice(1)).toEqual(spans.slice(1).map(({ endedAt }) => endedAt));
    expect(times[0]).toBeGreaterThan(spans[0]?.endedAt ?? Number.POSITIVE_INFINITY);
  });
});

function keyOf(grey: number): string {
  return `${String(grey).padStart(2, '0')}.png`;
}

async function putRun(runId: string): Promise<void> {
  await jobs.putManifest(runId, batches);
  const key = layout.inputFile(runId, 'start.json');
  await jobs.store.put(key, start, 'application/json');
  const place = { key, sha256: hash('sha256', start), bytes: start.length };
  await jobs.store.putJson(layout.inputs(runId), { start: place, notes: [] });
}

function submit(id: string, runId: string): Promise<string> {
  const params = { k: STARTS.length, starts: 'kmeans++', seed: 1, maxIterations: 100, labels: 'auto' };
  return jobs.submit(id, runId, { FANFLEET_WORKLOAD: JSON.stringify({ name: 'kmeans', params }) });
}

/** What a run gets that resumes another one which ended in its second stage: all of the first, and all batches but one. */
async function takeOver(from: string, to: string): Promise<void> {
  const outcome = layout.outcome(from, 'fleet', ROUND, 0);
  const key = layout.outcome(to, 'fleet', ROUND, 0);
  await jobs.store.copy(outcome, key);
  const reduced = reducedSchema.parse(await jobs.json(layout.reduced(from, 'fleet', ROUND, 0)));
  await jobs.store.putJson(layout.reduced(to, 'fleet', ROUND, 0), {
    ...reduced,
    outcome: { ...reduced.outcome, key },
  });
  for (const { batch } of batches.slice(1)) {
    const place = (run: string) => [run, 'fleet', ROUND, batch, 1] as const;
    await jobs.store.copy(layout.result(...place(from)), layout.result(...place(to)));
    await jobs.store.copy(layout.span(...place(from)), layout.span(...place(to)));
    await jobs.store.copy(layout.batchFile('sums', ...place(from)), layout.batchFile('sums', ...place(to)));
  }
}

async function rowsOf(runId: string, stage: number): Promise<string[]> {
  const texts = await Promise.all(
    batches.map(({ batch }) => jobs.text(layout.result(runId, 'fleet', ROUND, batch, stage))),
  );
  return texts.join('').trimEnd().split('\n');
}

function spansOf(runId: string, stage: number) {
  return Promise.all(
    batches.map(async ({ batch }) =>
      spanSchema.parse(await jobs.json(layout.span(runId, 'fleet', ROUND, batch, stage))),
    ),
  );
}
