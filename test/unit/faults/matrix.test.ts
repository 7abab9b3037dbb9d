import { describe, expect, it } from 'vitest';
import { problemsOf } from '../../../scripts/faults/assess.ts';
import type { Outcome } from '../../../scripts/faults/cell.ts';
import type { Fault } from '../../../scripts/faults/fault.ts';
import { FAULTS } from '../../../scripts/faults/faults.ts';
import { cellText, renderMatrix } from '../../../scripts/faults/table.ts';
import { engineSchema } from '../../../src/contract/engines.ts';
import { chosenCells } from '../../e2e/support/faults/choice.ts';

const FAULT: Fault = { name: 'storm', title: 'a storm', strike: async () => undefined };
const OUTCOME: Outcome = {
  runId: 'run',
  status: 'SUCCEEDED',
  error: null,
  rows: 'a\nb\n',
  seconds: 30,
  doneAgain: 0,
  attempts: 1,
  victimState: 'DEAD',
  left: [],
  resumed: null,
};

describe('the choice of faults', () => {
  it('is short for npm test', () => {
    const short = chosenCells(false);
    expect(short.map(([{ name }]) => name)).toEqual(FAULTS.map(({ name }) => name));
    for (const [fault, engines] of short) expect(engines, fault.name).toContain('grpc');
    expect(short.flatMap(([, engines]) => engines)).toHaveLength(FAULTS.length + 1);
  });

  it('is the whole matrix when asked for', () => {
    for (const [, engines] of chosenCells(true)) expect(engines).toEqual(engineSchema.options);
  });
});

describe('the verdict on a cell', () => {
  it('is nothing where the fault was survived', () => {
    expect(problemsOf(OUTCOME, FAULT, OUTCOME.rows)).toEqual([]);
  });

  it.each([
    [
      'the end of the run',
      { status: 'FAILED', error: 'NoWorkers: none' } as const,
      /FAILED .*NoWorkers: none/,
    ],
    ['a row', { rows: 'a\nc\n' }, /the first is c and not b/],
    ['a missing row', { rows: 'a\n' }, /1 and not 2/],
    ['what is left', { left: ['process 7'] }, /left process 7/],
  ])('names %s', (_, change, problem) => {
    expect(problemsOf({ ...OUTCOME, ...change }, FAULT, OUTCOME.rows)).toEqual([
      expect.stringMatching(problem),
    ]);
  });

  it('asks for the state of a worker that had to leave', () => {
    expect(problemsOf(OUTCOME, { ...FAULT, victimState: 'LEFT' }, OUTCOME.rows)).toHaveLength(1);
  });

  it('asks of a run that must fail that it does, and that it is whole once resumed', () => {
    const fault: Fault = { ...FAULT, run: 'fails' };
    const failed: Outcome = { ...OUTCOME, status: 'FAILED', resumed: OUTCOME };
    expect(problemsOf(failed, fault, OUTCOME.rows)).toEqual([]);
    expect(problemsOf({ ...OUTCOME, resumed: OUTCOME }, fault, OUTCOME.rows)).toHaveLength(1);
    const again: Outcome = { ...failed, resumed: { ...OUTCOME, status: 'FAILED' } };
    expect(problemsOf(again, fault, OUTCOME.rows)).toEqual([expect.stringMatching(/^the resumed run/)]);
  });
});

describe('the table of faults', () => {
  it('says what a fault cost', () => {
    const outcome: Outcome = { ...OUTCOME, doneAgain: 2, attempts: 2, victimState: 'LEFT' };
    expect(cellText({ engine: 'dask', fault: FAULT, outcome, problems: [], undisturbed: 20 })).toBe(
      '30 s, 1.5x; 2 again; engine started 2 times; left',
    );
  });

  it('compares with a run on as many cores', () => {
    const slow: Fault = { ...FAULT, title: 'a drought', cpus: 0.1 };
    const cells = [{ engine: 'dask', fault: slow, outcome: OUTCOME, problems: [], undisturbed: 60 }] as const;
    expect(renderMatrix({ cells, undisturbed: new Map([['dask', 20]]) })).toContain(
      '| a drought (0.1 cores) | 30 s, 0.5x |',
    );
  });

  it('has a row for each fault and a column for each engine, with what failed and what was not run', () => {
    const undisturbed = new Map([
      ['dask', 20],
      ['grpc', null],
    ] as const);
    const cells = [
      { engine: 'dask', fault: FAULT, outcome: OUTCOME, problems: [], undisturbed: 20 },
      {
        engine: 'dask',
        fault: { ...FAULT, title: 'a flood' },
        outcome: null,
        problems: ['no three | hosts,\n none'],
        undisturbed: 20,
      },
    ] as const;
    expect(renderMatrix({ cells, undisturbed }).split('\n')).toEqual([
      '| fault | dask | grpc |',
      '| --- | --- | --- |',
      '| undisturbed | 20 s | **failed** |',
      '| a storm | 30 s, 1.5x | not run |',
      '| a flood | **failed**: no three \\| hosts, none | not run |',
      '',
    ]);
  });
});
