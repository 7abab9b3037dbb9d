import { describe, expect, it } from 'vitest';
import { LANES } from '../../../scripts/tests/lanes.ts';
import { type Part, runPart } from '../../../scripts/tests/part.ts';
import { TEST_LOG } from '../../../scripts/tests/test-log.ts';

async function run(
  script: string,
  changes: Partial<Part> = {},
  stop = new AbortController().signal,
  outputMs = 30_000,
) {
  const said: string[] = [];
  const part: Part = { name: 'a', command: [process.execPath, '-e', script], counts: true, ...changes };
  let at = 0;
  const { seconds, ...result } = await runPart(part, {
    ...{ folder: import.meta.dirname, env: { PATH: process.env.PATH }, stop, outputMs },
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
    expect(result).toEqual({ name: 'a', seconds: 2, passed: 7, failed: 0, tests: [], failures: [] });
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

  it('whose output is left open by a process of its own has failed', async () => {
    const script = `const { pid } = require('node:child_process')
        .spawn('sleep', ['20'], { stdio: 'inherit', detached: true });
      console.log(pid);
      console.log("7 passed, 0 failed");
      process.exit();`;
    const { passed, failed, said, failures } = await run(script, {}, undefined, 300);
    process.kill(Number(said[0]), 'SIGKILL');
    expect({ passed, failed }).toEqual({ passed: 7, failed: 1 });
    expect(said[1]).toContain('still has its output open');
    expect(failures).toMatchObject([{ name: said[1] }]);
  });

  it('is ended when it is to stop', async () => {
    const stop = new AbortController();
    const running = run('setInterval(() => {}, 1000)', {}, stop.signal);
    stop.abort();
    expect(await running).toMatchObject({ failed: 1 });
  });
});

describe('what is told of failed tests', () => {
  const log = (...tests: object[]) =>
    `require('node:fs').appendFileSync(process.env.${TEST_LOG}, ${JSON.stringify(
      tests.map((test) => `${JSON.stringify(test)}\n`).join(''),
    )});`;
  const fine = { file: 'a.test.ts', name: 'b', seconds: 1.5 };
  const failed = { file: 'a.test.ts', name: 'c', seconds: 2, error: '\u001b[31mno\u001b[39m' };

  it('comes from the log of its reporter, without colours', async () => {
    const script = `${log(fine, failed)}console.log('1 passed, 1 failed'); process.exit(1);`;
    const { tests, failures } = await run(script);
    expect(failures).toEqual([{ ...failed, error: 'no' }]);
    expect(tests).toEqual([fine, ...failures]);
  });

  it.each([
    ['ended with status 3', `process.exit(3)`],
    ['was ended by SIGKILL', `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)`],
    ['ended before it had counted its tests', ''],
    ['does not tell which tests failed', `console.log('7 passed, 2 failed'); process.exit(1)`],
  ])('is that the part %s where no test has failed', async (name, end) => {
    const lines = `for (let line = 0; line < 30; line += 1) console.log('\u001b[31mline ' + line);`;
    // What it has said is out before it is killed.
    const { tests, failures } = await run(`${log(fine)}${lines}process.stdout.write('', () => { ${end} });`);
    expect(tests).toEqual([fine]);
    const last = Array.from({ length: 15 }, (_, line) => `line ${line + 15}`).join('\n');
    expect(failures).toEqual([{ file: '', name, seconds: 2, error: last }]);
  });

  it('is also that the part broke off while it wrote of one', async () => {
    const script = `${log(failed).replace('\\n', '\\n{')}process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`;
    const { failures } = await run(script);
    expect(failures.map(({ name }) => name)).toEqual(['c', 'was ended by SIGTERM']);
  });

  it('is told of a program that is not there', async () => {
    const { failures } = await run('', { command: ['/no/such/program'], counts: false });
    expect(failures).toMatchObject([{ name: expect.stringContaining('/no/such/program') }]);
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
