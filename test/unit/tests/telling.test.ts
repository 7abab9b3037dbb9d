import { describe, expect, it } from 'vitest';
import type { PartResult } from '../../../scripts/tests/part.ts';
import { failureLines, flakyLines, partLines } from '../../../scripts/tests/telling.ts';

const part = (name: string, changes: Partial<PartResult> = {}): PartResult => ({
  ...{ name, seconds: 1, passed: 1, failed: 0, tests: [], failures: [] },
  ...changes,
});
const failure = (file: string, name: string, error: string) => ({ file, name, seconds: 0, error });

describe('failed tests', () => {
  it('are told with their part, their file and the beginning of their error', () => {
    const long = Array.from({ length: 18 }, (_, line) => `line ${line}`);
    const results = [
      part('unit'),
      part('python', { failures: [failure('test_a.py', 'test_b', `no\n\n  at ${'x'.repeat(300)}`)] }),
      part('check', { failures: [failure('', 'ended with status 1', long.join('\n'))] }),
    ];
    expect(failureLines(results)).toEqual([
      'FAILED python | test_a.py > test_b',
      '    no',
      `      at ${'x'.repeat(235)}`,
      '',
      'FAILED check | ended with status 1',
      ...long.slice(0, 15).map((line) => `    ${line}`),
      '    (3 lines more)',
      '',
    ]);
  });

  it('are only counted after the twentieth', () => {
    const failures = Array.from({ length: 13 }, (_, number) => failure('a.test.ts', `${number}`, 'no'));
    const lines = failureLines([part('unit', { failures }), part('e2e', { failures })]);
    expect(lines.filter((line) => line.startsWith('FAILED')).slice(-2)).toEqual([
      'FAILED e2e | a.test.ts > 6',
      'FAILED 6 more',
    ]);
  });
});

it('flaky tests are told apart from failed ones', () => {
  const flaky = { ...failure('a.test.ts', 'needs two', 'no'), isFlaky: true };
  const failed = failure('a.test.ts', 'fails', 'never');
  const results = [part('unit', { tests: [flaky, failed], failures: [failed] })];
  expect(flakyLines(results)).toEqual(['FLAKY unit | a.test.ts > needs two', '    no', '']);
  expect(failureLines(results)).toEqual(['FAILED unit | a.test.ts > fails', '    never', '']);
});

it('each part is told with its three slowest tests', () => {
  const tests = [1, 30, 2.6, 4].map((seconds) => ({ file: 'a.test.ts', name: `takes ${seconds}`, seconds }));
  expect(
    partLines([part('check', { passed: 0 }), part('unit', { seconds: 61.2, passed: 3, failed: 1, tests })]),
  ).toEqual([
    'check     1 s  passed',
    'unit     61 s  3 passed, 1 failed',
    '         30 s  a.test.ts > takes 30',
    '          4 s  a.test.ts > takes 4',
    '          3 s  a.test.ts > takes 2.6',
  ]);
});
