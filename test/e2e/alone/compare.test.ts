import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { cli, finish, startCli } from '../../../scripts/own-stack/cli.ts';
import { type Comparison, comparisonSchema } from '../../../src/compare/comparison.ts';
import { copySample } from '../support/copy-sample.ts';
import { runIdFrom } from '../support/run-under-way.ts';

const IMAGES = 40;
const PREFIX = 'compared/';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-compare-'));
  await copySample('digits', IMAGES, PREFIX);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Outcome = Comparison & { file: string };

async function compare(
  ...args: string[]
): Promise<{ code: number | null; outcome: Outcome; stderr: string }> {
  const { code, stdout, stderr } = await cli(inject('home'), ['--json', 'compare', ...args]);
  return { code, outcome: JSON.parse(stdout) as Outcome, stderr };
}

describe('fanfleet compare', () => {
  let first: Outcome;

  beforeAll(async () => {
    const { code, outcome, stderr } = await compare(
      ...['serverless,batch-size=4', 'serverless,batch-size=20', PREFIX],
      ...['--repeats', '6', '--null', '1', '--out', join(folder, 'comparison.md')],
    );
    expect(code, stderr).toBe(0);
    first = outcome;
  });

  it('measures both in turn, A B and B A, and judges them', async () => {
    const turns = first.measurements.map(({ round, point }) => `${round}.${point}`);
    expect(turns.slice(0, 8)).toEqual(['0.0', '0.1', '0.2', '0.3', '1.3', '1.2', '1.1', '1.0']);
    expect(first.measurements).toHaveLength(24);
    for (const one of first.measurements) {
      expect(one).toMatchObject({ status: 'succeeded', items: IMAGES, failedItems: 0, besides: [] });
      expect(one).toHaveProperty('batches', one.point === 1 ? 8 : 10);
    }
    expect(first).toMatchObject({ obstacle: null, nullTest: { comparisons: 1 } });
    expect(first.pairs).toHaveLength(6);
    const { ratio } = first;
    expect(ratio?.low).toBeLessThanOrEqual(ratio?.value ?? 0);
    expect(ratio?.high).toBeGreaterThanOrEqual(ratio?.value ?? 0);
    const kept = comparisonSchema.parse(JSON.parse(await readFile(first.file, 'utf8')));
    expect({ ...kept, file: first.file }).toEqual(first);
    const page = await readFile(join(folder, 'comparison.md'), 'utf8');
    expect(page).toContain('The same images were cut into 10 batches for A and 8 for B.');
    expect(page).toContain(`${first.pValue?.toFixed(3)}`);
  });

  it('does what is missing of a comparison that was stopped, and only that', async () => {
    const file = await keep('stopped.json', { measurements: first.measurements.slice(0, -1) });
    const { code, outcome } = await compare('--continue', file);
    expect(code).toBe(0);
    expect(outcome.measurements.slice(0, -1)).toEqual(first.measurements.slice(0, -1));
    expect(outcome.measurements.at(-1)).toMatchObject({ round: 5, point: 0, status: 'succeeded' });
    expect(outcome.measurements.at(-1)?.runId).not.toBe(first.measurements.at(-1)?.runId);
  });

  it('ends with 1 where B is slower and was not to be', async () => {
    // Prepare: a slow-down that is planted into what was measured
    const measurements = first.measurements
      .slice(0, -1)
      .map((one) =>
        one.status === 'succeeded' && one.point === 1
          ? { ...one, figures: { ...one.figures, wall: 100 * (one.figures.wall ?? 1) } }
          : one,
      );
    const file = await keep('slower.json', { measurements });

    // Act
    const { code, outcome } = await compare('--continue', file, '--fail-if-slower');

    // Assess
    expect({ code, verdict: outcome.verdict }).toEqual({ code: 1, verdict: 'A faster' });
  });

  it('ends with 4 where the answers differ', async () => {
    const measurements = first.measurements
      .slice(0, -1)
      .map((one) => (one.point === 1 ? { ...one, digest: 'f'.repeat(64) } : one));
    const { code, outcome } = await compare('--continue', await keep('differs.json', { measurements }));
    expect({ code, obstacle: outcome.obstacle }).toEqual({ code: 4, obstacle: 'digest' });
  });

  it('starts all functions anew for fresh runs, and leaves them as they were', async () => {
    const { code, outcome } = await compare('serverless', 'serverless', PREFIX, '--repeats', '1', '--fresh');
    expect(code).toBe(0);
    for (const one of outcome.measurements) {
      expect(one.status === 'succeeded' && one.coldStarts).toBeGreaterThan(0);
    }
    const warm = await compare('serverless', 'serverless', PREFIX, '--repeats', '1');
    expect(warm.outcome.measurements).toMatchObject([{ coldStarts: 0 }, { coldStarts: 0 }]);
  });

  it('keeps functions warm that have a memory of their own', async () => {
    const { outcome } = await compare('serverless', 'serverless,memory=2048', PREFIX, '--repeats', '2');
    expect(outcome.measurements).toMatchObject(Array(4).fill({ coldStarts: 0 }));
  });

  it('is not comparable where another run was under way', async () => {
    // Prepare: so often over so many images that it is still there
    const other = startCli(inject('home'), ['run', 'digits/', '--arms', 'serverless', '--repeats', '50']);
    const beside = finish(other);
    const runId = await runIdFrom(other);

    // Act
    const { code, outcome } = await compare('serverless', 'serverless', PREFIX, '--repeats', '1');
    other.kill('SIGINT');
    await beside;

    // Assess
    expect(code).toBe(5);
    expect(outcome).toMatchObject({ verdict: 'not comparable', obstacle: 'contention' });
    expect(outcome.reasons[0]).toContain(runId);
  });

  it('refuses an architecture that is not deployed, and says how to have both', async () => {
    const { code, stdout } = await cli(inject('home'), [
      ...['--json', 'compare', 'serverless', 'serverless,architecture=arm64', PREFIX],
    ]);
    expect(code).toBe(2);
    expect(stdout).toContain('ARCHITECTURE_NOT_DEPLOYED');
    expect(stdout).toContain('--param=\\"architecture=arm64\\"');
  });

  async function keep(name: string, changes: object): Promise<string> {
    const { file: _, ...kept } = first;
    const file = join(folder, name);
    await writeFile(file, JSON.stringify({ ...kept, ...changes }));
    return file;
  }
});
