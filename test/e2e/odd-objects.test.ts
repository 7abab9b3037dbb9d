import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { REGION, readState } from '../../localstack/offline.ts';
import { cli } from '../../scripts/own-stack/cli.ts';
import { type ConnectedStack, connectStack, readRows } from '../../scripts/own-stack/stack.ts';
import { type Engine, engineSchema } from '../../src/contract/engines.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import { fullOnly } from '../support/full-only.ts';
import { type OddBucket, putOddObjects } from './support/odd-objects.ts';
import { SHARED_ENGINES, sharedFleet } from './support/shared-fleet.ts';

const ENGINES = fullOnly<Engine>(engineSchema.options, SHARED_ENGINES);

describe('a prefix with one of every odd object', () => {
  let odd: OddBucket;
  let stack: ConnectedStack;
  const digests = new Set<string | null>();

  beforeAll(async () => {
    stack = await connectStack(inject('home'));
    const state = await readState(stack.home);
    odd = await putOddObjects({ endpoint: `http://127.0.0.1:${state?.port}`, region: REGION });
  });
  afterAll(() => odd?.close());

  const run = (...options: string[]) =>
    cli(inject('home'), ['--json', 'run', '--images', `s3://${odd.bucket}/${odd.prefix}`, ...options]);

  it.each(ENGINES)(
    'gives a row for each, the same on both arms, with %s: exit code 3, and what was left out',
    async (engine) => {
      // Act
      const shared = SHARED_ENGINES.find((name) => name === engine);
      const fleet = shared === undefined ? ['--engine', engine] : ['--fleet', await sharedFleet(shared)];
      const { code, stdout } = await run('--requester-pays', '--no-baseline', ...fleet);

      // Assess
      const summary = JSON.parse(stdout) as Summary & { files: string };
      const arms = summary.rounds.flatMap((round) => round.arms);
      expect(arms.map(({ error, problems }) => ({ error, problems }))).toEqual([
        { error: null, problems: [] },
        { error: null, problems: [] },
      ]);
      expect(code).toBe(3);
      expect(summary.agreement.equal).toBe(true);
      expect(digests.add(summary.agreement.digest).size).toBe(1);
      const rows = await readRows(stack, summary.runId, 'serverless');
      expect(await readRows(stack, summary.runId, 'fleet')).toBe(rows);
      const codes = rows
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .map(({ key, error }) => [key, error?.code ?? null]);
      expect(codes).toEqual(odd.rows);
      expect(rowOf(rows, 'hidden-alpha.webp').sum).toEqual([110, 70, 55]);
      expect(rowOf(rows, 'grey-16-bit.png')).not.toHaveProperty('depth');
      expect(rowOf(rows, 'in-a-copy.png')).toEqual({ ...rowOf(rows, 'good.png'), key: 'odd/in-a-copy.png' });
      const failed = odd.rows.filter(([, error]) => error !== null);
      expect(summary.failures.codes.reduce((sum, { count }) => sum + count, 0)).toBe(failed.length);
      expect(summary.failures.codes).toContainEqual({
        code: 'OBJECT_DENIED',
        count: 2,
        examples: ['odd/denied.png', 'odd/denied.tar'],
      });
      expect(summary.request.requesterPays).toBe(true);
      expect(summary.plan).toMatchObject({ items: odd.rows.length, skipped: 2, shards: 5 });
      expect(summary.plan.leftOut).toMatchObject([{ suffix: '.txt', count: 2 }]);
      const page = await readFile(join(summary.files, 'report.html'), 'utf8');
      for (const { code: name } of summary.failures.codes) expect(page).toContain(name);
      expect(page).toContain('.txt (2)');
    },
  );

  it('measures all bits of an image of 16 on both arms, where they are wanted', async () => {
    const { code, stdout } = await run(
      ...['--requester-pays', '--depth', 'native', '--no-baseline'],
      ...['--fleet', await sharedFleet('dask')],
    );
    const summary = JSON.parse(stdout) as Summary;
    const rows = await readRows(stack, summary.runId, 'serverless');
    expect(code).toBe(3);
    expect(summary.agreement.equal).toBe(true);
    expect(await readRows(stack, summary.runId, 'fleet')).toBe(rows);
    expect(rowOf(rows, 'grey-16-bit.png')).toMatchObject({ depth: 16 });
    expect(rowOf(rows, 'good.png')).not.toHaveProperty('depth');
  });

  it('fails before the work where nobody says who pays, and says how to', async () => {
    const { code, stdout, stderr } = await run('--arms', 'serverless');
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('ACCESS_DENIED');
    expect(stdout + stderr).toContain('`requesterPays`');
  });
});

function rowOf(rows: string, name: string) {
  return JSON.parse(rows.split('\n').find((line) => line.includes(`"odd/${name}"`)) ?? 'null');
}
