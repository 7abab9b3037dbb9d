import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cli, ROOT } from '../../../scripts/own-stack/cli.ts';
import type { TuneFigures } from '../../../src/tune/figures.ts';
import { type Tune, tuneSchema } from '../../../src/tune/tune.ts';
import { copySample } from '../support/copy-sample.ts';

const IMAGES = 40;
const PREFIX = 'tuned/';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-tune-'));
  await copySample('digits', IMAGES, PREFIX);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Outcome = Tune & { file: string; figures: TuneFigures; written: { changes: unknown[] } | null };

async function tune(...args: string[]): Promise<{ code: number | null; outcome: Outcome; stderr: string }> {
  const { code, stdout, stderr } = await cli(inject('home'), ['--json', 'tune', ...args]);
  return { code, outcome: JSON.parse(stdout) as Outcome, stderr };
}

describe('fanfleet tune', () => {
  let first: Outcome;
  let config: string;

  beforeAll(async () => {
    config = join(folder, 'serverless.yml');
    await copyFile(join(ROOT, 'serverless.yml'), config);
    const { code, outcome, stderr } = await tune(
      ...[PREFIX, '--memory', '1024,512', '--batch-size', '4,20', '--repeats', '2'],
      ...['--strategy', 'cost', '--out', join(folder, 'tune.md'), '--write', config],
    );
    expect(code, stderr).toBe(0);
    first = outcome;
  });

  it('measures every point in turn over the same images, all with one answer', async () => {
    expect(first.points.map(({ memory, batchSize }) => [memory, batchSize])).toEqual([
      [512, 4],
      [1024, 4],
      [512, 20],
      [1024, 20],
    ]);
    expect(first.measurements.map(({ point }) => point)).toEqual([0, 1, 2, 3, 3, 2, 1, 0]);
    for (const one of first.measurements) {
      expect(one).toMatchObject({ status: 'succeeded', items: IMAGES, failedItems: 0 });
      expect(one).toHaveProperty('batches', one.point < 2 ? 10 : 8);
    }
    expect(first.figures).toMatchObject({ digestsEqual: true, failedRuns: 0 });
    const kept = tuneSchema.parse(JSON.parse(await readFile(first.file, 'utf8')));
    expect(kept.measurements).toEqual(first.measurements);
  });

  it('bills each point by its memory, and takes the cheapest', () => {
    const { points, winner } = first.figures;
    for (const { seconds, usd } of points) {
      expect(seconds?.min).toBeGreaterThan(0);
      expect(usd?.min).toBeGreaterThan(0);
    }
    const least = Math.min(...points.map(({ score }) => score ?? Number.POSITIVE_INFINITY));
    expect(winner?.score).toBe(least);
  });

  it('has a page, which says that it was offline, and a picture', async () => {
    const page = await readFile(join(folder, 'tune.md'), 'utf8');
    expect(page).toContain('Measured on the local AWS');
    expect(await readFile(first.file.replace('tune.json', 'tune.md'), 'utf8')).toBe(page);
    expect(await readFile(first.file.replace('tune.json', 'tune.svg'), 'utf8')).toMatch(
      /^<svg [^>]*role="img"/,
    );
  });

  it('puts the winner into the block of the stage, and changes nothing else', async () => {
    const { winner } = first.figures;
    const added = [`    memory: ${winner?.memory}`, `    batchSize: ${winner?.batchSize}`];
    const before = (await readFile(join(ROOT, 'serverless.yml'), 'utf8')).split('\n');
    const after = (await readFile(config, 'utf8')).split('\n');
    expect(after).toHaveLength(before.length + 2);
    const at = after.indexOf('  local:');
    expect(after.indexOf(added[1] ?? '', at)).toBeGreaterThan(after.indexOf(added[0] ?? '', at));
    expect(first.written?.changes).toHaveLength(2);
    for (const line of added) after.splice(after.indexOf(line, at), 1);
    expect(after).toEqual(before);
  });

  it('does what is missing of a tuning that was stopped, and only that', async () => {
    // Prepare
    const { file: _, figures: __, written: ___, ...kept } = first;
    const file = join(folder, 'stopped.json');
    await writeFile(file, JSON.stringify({ ...kept, measurements: first.measurements.slice(0, -1) }));

    // Act
    const { code, outcome } = await tune('--continue', file);

    // Assess
    expect(code).toBe(0);
    expect(outcome.measurements.slice(0, -1)).toEqual(first.measurements.slice(0, -1));
    expect(outcome.measurements.at(-1)).toMatchObject({ round: 1, point: 0, status: 'succeeded' });
    expect(outcome.written).toBeNull();
  });

  it('ends with 4 where answers differ, and with 2 for what is no tuning', async () => {
    const { file: _, figures: __, written: ___, ...kept } = first;
    const [one, ...others] = first.measurements;
    const file = join(folder, 'differs.json');
    await writeFile(file, JSON.stringify({ ...kept, measurements: [{ ...one, digest: 'f' }, ...others] }));
    expect((await tune('--continue', file)).code).toBe(4);
    expect((await tune('--continue', config)).code).toBe(2);
  });
});
