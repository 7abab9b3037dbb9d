import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { ROOT } from '../../../scripts/own-stack/cli.ts';
import { deployStack } from '../../../scripts/own-stack/deploy.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The `.fanfleet` of the stack that the files share; it is up, deployed, and has the samples. */
    home: string;
  }
}

/** Sample images are made once for the stacks of all projects, since that takes as long as to deploy one; anew by other code. */
function samplesFolder(): string {
  const hash = createHash('sha256');
  for (const file of globSync('src/dataset/sample*.ts', { cwd: ROOT }).sort())
    hash.update(readFileSync(join(ROOT, file)));
  return join(ROOT, '.fanfleet/test-samples', hash.digest('hex').slice(0, 12));
}

/** Deploy one real stack for all files of a project, and end it whatever happened. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'fanfleet-e2e-'));
  const removeHome = () => rm(home, { recursive: true, force: true });
  try {
    const samples = samplesFolder();
    await mkdir(samples, { recursive: true });
    await symlink(samples, join(home, 'dataset'));
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
