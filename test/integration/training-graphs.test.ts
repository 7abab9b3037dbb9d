import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { IS_FULL } from '../support/full-only.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = 'scripts/training-graphs';

/** JAX, of which nothing else needs anything, takes 400 MB. */
describe.runIf(IS_FULL)('the graphs of cnn', () => {
  it('are made again by JAX to the byte, and do the steps that JAX does', { timeout: 600_000 }, async () => {
    const { stdout } = await promisify(execFile)(
      join(ROOT, '.fanfleet/uv/bin/uv'),
      ['run', '--locked', '--quiet', '--project', FOLDER, 'python', '-B', `${FOLDER}/build.py`, '--check'],
      {
        cwd: ROOT,
        env: { ...process.env, UV_PROJECT_ENVIRONMENT: join(ROOT, '.fanfleet/training-graphs') },
      },
    );
    expect(stdout).toMatch(
      /^a step of small .*\na step of resnet18 .*\n12 graphs, 0 of which differ from graphs\.json\n$/,
    );
  });
});
