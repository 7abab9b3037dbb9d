import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { freePorts } from '../../support/free-ports.ts';
import { cli, cliJson } from './cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The `.fanfleet` of the stack that the e2e tests share; it is up, deployed, and has the samples. */
    home: string;
  }
}

/** Deploy one real stack for all e2e tests, and end it whatever happened. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'fanfleet-e2e-'));
  const [port, ec2Port] = await freePorts(2);
  const teardown = async () => {
    await cli(home, ['down']);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await cliJson(home, ['up', '--port', String(port), '--ec2-port', String(ec2Port)]);
    await cliJson(home, ['deploy']);
    await cliJson(home, ['dataset', 'sample']);
    for (const kind of ['photos', 'digits']) {
      await cliJson(home, ['dataset', 'upload', join(home, 'dataset', kind), '--prefix', `${kind}/`]);
    }
  } catch (error) {
    await teardown();
    throw error;
  }
  project.provide('home', home);
  return teardown;
}
