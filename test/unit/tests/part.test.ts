import { describe, expect, it } from 'vitest';
import { LANES } from '../../../scripts/tests/lanes.ts';
import { type Part, runPart } from '../../../scripts/tests/part.ts';

async function run(script: string, changes: Partial<Part> = {}, stop = new AbortController().signal) {
  const said: string[] = [];
  const part: Part = { name: 'a', command: [process.execPath, '-e', script], counts: true, ...changes };
  let at = 0;
  const { seconds, ...result } = await runPart(part, {
    ...{ folder: import.meta.dirname, env: { PATH: process.env.PATH }, stop },
    say: (line) => said.push(line),
    now: () => {
      at += 2_000;
      return at;
    },
  });
  return { ...result, seconds, said };
}

describe('a part of the tests', () => {
  it('counts what its last line counts, and says the others', async () => {
    const script = 'console.log("a test"); console.error("a warning"); console.log("7 passed, 0 failed")';
    const { said, ...result } = await run(script);
    expect(result).toEqual({ name: 'a', seconds: 2, passed: 7, failed: 0 });
    expect(said.sort()).toEqual(['a test', 'a warning']);
  });

  it('that breaks off before it has counted has failed, whatever its status', async () => {
    expect(await run('')).toMatchObject({ passed: 0, failed: 1 });
    expect(await run('process.exit(3)')).toMatchObject({ passed: 0, failed: 1 });
    expect(await run('', { command: ['/no/such/program'] })).toMatchObject({
      failed: 1,
      said: [expect.stringContaining('/no/such/program')],
    });
  });

  it('that ends with an error has failed, even if no test has', async () => {
    expect(await run('console.log("7 passed, 0 failed"); process.exit(1)')).toMatchObject({
      passed: 7,
      failed: 1,
    });
    expect(await run('console.log("7 passed, 2 failed"); process.exit(1)')).toMatchObject({ failed: 2 });
  });

  it('that has nothing to count passes by its status', async () => {
    expect(await run('', { counts: false })).toMatchObject({ passed: 0, failed: 0 });
    expect(await run('process.exit(1)', { counts: false })).toMatchObject({ passed: 0, failed: 1 });
  });

  it('is ended when it is to stop', async () => {
    const stop = new AbortController();
    const running = run('setInterval(() => {}, 1000)', {}, stop.signal);
    stop.abort();
    expect(await running).toMatchObject({ failed: 1 });
  });
});

describe('the lanes', () => {
  it('have every project of vitest, the tests in Python and the check', async () => {
    const { default: config } = await import('../../../vitest.config.ts');
    const projects = (config.test?.projects ?? []).map((project) =>
      typeof project === 'object' && 'test' in project ? project.test?.name : project,
    );
    const words = LANES.flat().flatMap(({ command }) => command);
    expect(projects.length).toBeGreaterThan(3);
    for (const project of projects) expect(words).toContain(project);
    expect(words).toContain('check');
    expect(words).toContain('test:python');
  });
});
