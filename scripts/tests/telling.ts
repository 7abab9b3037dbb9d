/** What is told at the end of all tests, so that whoever sees only that knows what failed. */
import type { PartResult } from './part.ts';
import { tallyLine } from './tally.ts';
import { titleOf } from './test-log.ts';

/** Of all parts together. */
const MOST_FAILURES = 20;
/** Of the error of each. */
const MOST_LINES = 15;
const MOST_COLUMNS = 240;
const SLOWEST = 3;

/** Each failed test again, with its part and the first lines of its error. */
export function failureLines(results: readonly PartResult[]): string[] {
  const failures = results.flatMap(({ name, failures }) => failures.map((test) => ({ part: name, ...test })));
  const lines = failures
    .slice(0, MOST_FAILURES)
    .flatMap((test) => [`FAILED ${test.part} | ${titleOf(test)}`, ...errorLines(test.error), '']);
  const rest = failures.length - MOST_FAILURES;
  return rest > 0 ? [...lines, `FAILED ${rest} more`, ''] : lines;
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
