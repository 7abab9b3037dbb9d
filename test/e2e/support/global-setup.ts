import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { deployStack } from './deploy.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The `.fanfleet` of the stack that the e2e tests share; it is up, deployed, and has the samples. */
    home: string;
  }
}

/** Deploy one real stack for all e2e tests, and end it whatever happened. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'fanfleet-e2e-'));
  const removeHome = () => rm(home, { recursive: true, force: true });
  try {
    const end = await deployStack(home, ['photos', 'digits']);
    project.provide('home', home);
    return async () => {
      await end();
      await removeHome();
    };
  } catch (error) {
    await removeHome();
    throw error;
  }
}
