import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../../localstack/free-ports.ts';
import { alone } from '../../../scripts/own-stack/alone.ts';
import { cli, cliJson } from '../../../scripts/own-stack/cli.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fanfleet-again-'));
});
afterAll(async () => {
  await cli(home, ['down']);
  await rm(home, { recursive: true, force: true });
});

async function upAndDeploy(): Promise<{ outcome: string; log: string }> {
  const [port, ec2Port] = await freePorts(2);
  await cliJson(home, ['up', '--port', String(port), '--ec2-port', String(ec2Port)]);
  const { outcome } = await alone('packing', () => cliJson<{ outcome: string }>(home, ['deploy']));
  return { outcome, log: await readFile(join(home, 'logs/deploy.log'), 'utf8') };
}

it('deploys what was packed before to a new local AWS, and it works', async () => {
  // Prepare: whether this packs depends on what was deployed from this clone before
  expect(await upAndDeploy()).toMatchObject({ outcome: 'deployed' });
  await cliJson(home, ['down']);

  // Act
  const { outcome, log } = await upAndDeploy();

  // Assess
  expect(outcome).toBe('deployed');
  expect(log).toContain('Service deployed to stack fanfleet-local');
  expect(log).not.toContain('Packing');
  expect(await cliJson(home, ['deploy'])).toMatchObject({ outcome: 'unchanged' });
  await cliJson(home, ['dataset', 'sample', '--kind', 'digits', '--count', '20']);
  await cliJson(home, ['dataset', 'upload', join(home, 'dataset/digits'), '--prefix', 'digits/']);
  const summary = await cliJson<{ plan: { items: number } }>(home, [
    'run',
    'digits/',
    '--arms',
    'serverless',
  ]);
  expect(summary.plan.items).toBe(20);
});
