import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readTally } from '../../../scripts/tests/tally.ts';
import { hasFailed, isFlaky, readTestLog, TEST_LOG } from '../../../scripts/tests/test-log.ts';

const ROOT = join(import.meta.dirname, '../../..');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-reporters-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a runner tells of the tests in `folder`, and what its last line counts. */
async function run(
  files: Record<string, string>,
  program: string,
  args: string[],
  env: Record<string, string>,
) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const log = join(folder, 'log.jsonl');
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...env, [TEST_LOG]: log } };
  const output = await new Promise<string>((resolve) => {
    execFile(program, args, options, (_, stdout) => resolve(stdout));
  });
  const tests = readTestLog(await readFile(log, 'utf8'));
  const failures = tests.filter(hasFailed).map(({ file, name, error }) => ({ file, name, error }));
  return { tally: readTally(output.trim().split('\n').at(-1) ?? ''), tests, failures };
}

/** Those of pytest in `folder`, without the settings of the project. */
function pytestArgs(): string[] {
  const plugins = ['-p', 'no:cacheprovider', '-p', 'conftest'];
  return ['-B', '-m', 'pytest', '-c', '/dev/null', '--rootdir', folder, ...plugins];
}

it('vitest tells of each test, and of what fails outside of them', async () => {
  const config = `export default { test: {
    globals: true, watch: false, reporters: ['${join(ROOT, 'test/support/count-reporter.ts')}'],
  } };`;
  const files = {
    'vitest.config.mjs': config,
    'a.test.ts': `describe('sums', () => {
      it('add up', () => {});
      it('do not', () => expect(1).toBe(2));
      it.skip('are left out', () => {});
    });
    describe('a suite', () => {
      beforeAll(() => { throw new Error('no stack'); });
      it('needs it', () => {});
    });`,
    'b.test.ts': `throw new TypeError('cannot be loaded');`,
    'c.test.ts': `it('leaves a promise', async () => {
      void Promise.reject(new Error('nobody waits'));
      await new Promise((resolve) => setTimeout(resolve, 10));
    });
    it('has no log of its own', () => expect(process.env.${TEST_LOG}).toBeUndefined());`,
  };
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { tally, tests, failures } = await run(files, process.execPath, [vitest, 'run'], { CI: 'true' });
  expect(tally).toEqual({ passed: 3, failed: 4 });
  expect(tests.filter((test) => !hasFailed(test)).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['sums > add up', 'leaves a promise', 'has no log of its own']),
  );
  expect(failures).toHaveLength(4);
  expect(failures).toEqual(
    expect.arrayContaining([
      {
        file: 'a.test.ts',
        name: 'sums > do not',
        error: expect.stringMatching(/^AssertionError: expected 1 to be 2.*\nat .*a\.test\.ts:3:\d+\n/),
      },
      {
        file: 'a.test.ts',
        name: 'a suite',
        error: expect.stringMatching(/^Error: no stack\nat .*a\.test\.ts:7/),
      },
      { file: 'b.test.ts', name: '', error: expect.stringMatching(/^TypeError: cannot be loaded\n/) },
      {
        file: 'c.test.ts',
        name: 'outside of any test',
        error: expect.stringMatching(/^Error: nobody waits\nat .*c\.test\.ts:2/),
      },
    ]),
  );
});

it('vitest tells of a test that passes when it is run again, with its first error', async () => {
  const files = {
    'vitest.config.mjs': `export default { test: {
      globals: true, watch: false, retry: 1, reporters: ['${join(ROOT, 'test/support/count-reporter.ts')}'],
    } };`,
    'a.test.ts': `let tries = 0;
    it('needs two', () => expect(++tries).toBe(2));
    it('needs none', () => {});
    it('never does', () => { throw new Error('no'); });`,
  };
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const { tally, tests, failures } = await run(files, process.execPath, [vitest, 'run'], { CI: 'true' });
  expect(tally).toEqual({ passed: 2, failed: 1 });
  expect(failures.map(({ name }) => name)).toEqual(['never does']);
  expect(tests.filter(isFlaky)).toEqual([
    expect.objectContaining({
      name: 'needs two',
      error: expect.stringMatching(/^AssertionError: expected 1 to be 2/),
    }),
  ]);
});

it('pytest tells of a test that passes when it is run again, with its first error', async () => {
  const files = {
    'test_a.py': `tries = []
def test_needs_two():
    tries.append(1)
    assert len(tries) == 2
def test_needs_none():
    pass
def test_never_does():
    assert False, "no"
`,
  };
  const { tally, tests, failures } = await run(
    files,
    join(ROOT, '.venv/bin/python'),
    [...pytestArgs(), '--reruns=1', folder],
    { PYTHONPATH: join(ROOT, 'test/python') },
  );
  expect(tally).toEqual({ passed: 2, failed: 1 });
  expect(failures.map(({ name }) => name)).toEqual(['test_never_does']);
  expect(tests.filter(isFlaky)).toEqual([
    expect.objectContaining({
      name: 'test_needs_two',
      error: expect.stringMatching(/assert 1 == 2\n(.*\n)*at .*test_a\.py:4$/),
    }),
  ]);
});

it('pytest tells of each test, and of what fails outside of them', async () => {
  const files = {
    'test_a.py': `import os, pytest
@pytest.fixture
def cluster():
    raise OSError("no head")
class TestSums:
    @pytest.mark.parametrize("number", [1, 2])
    def test_add_up(self, number):
        assert number == 1, "they do not"
    def test_of_a_cluster(self, cluster):
        pass
@pytest.mark.skip
def test_left_out():
    pass
def test_has_no_log_of_its_own():
    assert "${TEST_LOG}" not in os.environ
`,
    'test_b.py': 'raise TypeError("cannot be loaded")\n',
  };
  const { tally, tests, failures } = await run(
    files,
    join(ROOT, '.venv/bin/python'),
    [...pytestArgs(), '--continue-on-collection-errors', folder],
    { PYTHONPATH: join(ROOT, 'test/python') },
  );
  expect(tally).toEqual({ passed: 2, failed: 3 });
  expect(tests.filter((test) => !hasFailed(test)).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['TestSums::test_add_up[1]', 'test_has_no_log_of_its_own']),
  );
  expect(failures).toEqual([
    { file: 'test_b.py', name: '', error: expect.stringContaining('TypeError: cannot be loaded') },
    {
      file: 'test_a.py',
      name: 'TestSums::test_add_up[2]',
      error: expect.stringMatching(/^AssertionError: they do not\n(.*\n)*at .*test_a\.py:8$/),
    },
    {
      file: 'test_a.py',
      name: 'TestSums::test_of_a_cluster (setup)',
      error: expect.stringMatching(/^OSError: no head\nat .*test_a\.py:4$/),
    },
  ]);
});
