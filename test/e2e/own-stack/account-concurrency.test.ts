import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cliJson } from '../../../scripts/own-stack/cli.ts';
import { onOwnStack } from '../../../scripts/own-stack/deploy.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';

/** More than are asked for at once. */
const IMAGES = 600;

it('loses no batch in an account that runs 5 functions at once, where a map of 500 was asked for', async () => {
  // Prepare, Act
  const env = { FANFLEET_ACCOUNT_CONCURRENCY: '5', FANFLEET_HOSTS: 'processes' };
  const asked = ['--concurrency', '500', '--batch-size', '1', '--parallel', '--no-baseline'];
  const summary = await onOwnStack(
    'account',
    [],
    async (home) => {
      await cliJson(home, ['dataset', 'sample', '--kind', 'digits', '--count', String(IMAGES)]);
      await cliJson(home, ['dataset', 'upload', join(home, 'dataset/digits'), '--prefix', 'digits/']);
      return cliJson<Summary>(home, ['run', 'digits/', ...asked, '--engine', 'grpc', '--workers', '1']);
    },
    env,
  );

  // Assess: one function is left to the fleet's own
  const { request, plan, remarks } = summary;
  expect([plan.batches, plan.items]).toEqual([IMAGES, IMAGES]);
  expect(request).toMatchObject({
    concurrency: 4,
    accountLimit: { askedConcurrency: 500, found: { account: 5, unreserved: 5, reserved: null } },
  });
  expect(summary.agreement.equal).toBe(true);
  const serverless = summary.rounds[0]?.arms.find(({ arm }) => arm === 'serverless');
  expect(serverless).toMatchObject({ status: 'succeeded', valid: true, items: plan.items, problems: [] });
  expect(serverless?.peakConcurrency).toBeLessThanOrEqual(4);
  expect(remarks.join(' ')).toContain('so the serverless arm had 4 at once instead of 500.');
});
