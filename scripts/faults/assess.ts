import type { Outcome } from './cell.ts';
import type { Fault } from './fault.ts';

/**
 * What is wrong with the outcome of a cell, in words; empty if the fault was survived.
 *
 * @param rows of the same work, undisturbed
 */
export function problemsOf(outcome: Outcome, fault: Fault, rows: string): string[] {
  const { resumed } = outcome;
  const problems = resumed === null ? [] : expectEnd(resumed, 'SUCCEEDED', 'the resumed run');
  problems.push(...expectEnd(outcome, fault.run === 'fails' ? 'FAILED' : 'SUCCEEDED', 'the run'));
  if (outcome.rows !== rows) problems.push(`the rows differ: ${difference(outcome.rows, rows)}`);
  if (fault.victimState !== undefined && outcome.victimState !== fault.victimState)
    problems.push(`the worker is ${outcome.victimState} and not ${fault.victimState}`);
  return problems;
}

function expectEnd({ status, error, left }: Outcome, expected: Outcome['status'], which: string): string[] {
  return [
    ...(status === expected
      ? []
      : [`${which} is ${status} and not ${expected} (${error ?? 'nothing was said'})`]),
    ...left.map((what) => `${which} left ${what}`),
  ];
}

function difference(rows: string, expected: string): string {
  const [found, wanted] = [rows.split('\n'), expected.split('\n')];
  if (found.length !== wanted.length) return `${found.length - 1} and not ${wanted.length - 1}`;
  const at = found.findIndex((row, index) => row !== wanted[index]);
  return `the first is ${found[at]} and not ${wanted[at]}`;
}
