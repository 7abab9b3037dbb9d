/** What is told at the end of all tests, so that whoever sees only that knows what failed. */
import type { PartResult } from './part.ts';
import { tallyLine } from './tally.ts';
import { isFlaky, type TestWithError, titleOf } from './test-log.ts';

/** Of failed tests, and of flaky ones, of all parts together. */
const MOST_TESTS = 20;
/** Of the error of each. */
const MOST_LINES = 15;
const MOST_COLUMNS = 240;
const SLOWEST = 3;

/** Each failed test again, with its part and the first lines of its error. */
export function failureLines(results: readonly PartResult[]): string[] {
  return linesOf('FAILED', results, ({ failures }) => failures);
}

/** Each test that failed, was run again and passed, with the first lines of its first error. */
export function flakyLines(results: readonly PartResult[]): string[] {
  return linesOf('FLAKY', results, ({ tests }) => tests.filter(isFlaky));
}

function linesOf(
  word: string,
  results: readonly PartResult[],
  of: (result: PartResult) => readonly TestWithError[],
): string[] {
  const all = results.flatMap((result) => of(result).map((test) => ({ part: result.name, ...test })));
  const lines = all
    .slice(0, MOST_TESTS)
    .flatMap((test) => [`${word} ${test.part} | ${titleOf(test)}`, ...errorLines(test.error), '']);
  const rest = all.length - MOST_TESTS;
  return rest > 0 ? [...lines, `${word} ${rest} more`, ''] : lines;
}

function errorLines(error: string): string[] {
  const lines = error.split('\n').filter((line) => line.trim() !== '');
  const told = lines.slice(0, MOST_LINES).map((line) => `    ${line.slice(0, MOST_COLUMNS)}`);
  return lines.length > MOST_LINES ? [...told, `    (${lines.length - MOST_LINES} lines more)`] : told;
}

/** How long each part took, how many of its tests passed, and which were the slowest. */
export function partLines(results: readonly PartResult[]): string[] {
  const widest = Math.max(...results.map(({ name }) => name.length));
  return results.flatMap(({ name, seconds, passed, failed, tests }) => {
    const counted = passed + failed === 0 ? 'passed' : tallyLine({ passed, failed });
    const slowest = tests.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    return [
      `${name.padEnd(widest)} ${secondsText(seconds)}  ${counted}`,
      ...slowest.map((test) => `${''.padEnd(widest)} ${secondsText(test.seconds)}  ${titleOf(test)}`),
    ];
  });
}

const secondsText = (seconds: number) => `${seconds.toFixed(0).padStart(5)} s`;
