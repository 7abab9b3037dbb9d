import { beforeAll, describe, expect, it } from 'vitest';
import { noNamespaces } from '../support/namespace-hosts.ts';
import { problemsOf } from './support/faults/assess.ts';
import { runCell } from './support/faults/cell.ts';
import { chosenCells } from './support/faults/choice.ts';
import { preparePhotographs, undisturbedRows, WORK } from './support/faults/photographs.ts';
import { type ConnectedStack, connectStack } from './support/stack.ts';

/** Seconds: enough for a slow machine. */
const FLEET_DEADLINE = 240;

const title = noNamespaces === undefined ? '' : ` (skipped: ${noNamespaces})`;

describe.skipIf(noNamespaces !== undefined)(`a fleet on real hosts${title}`, () => {
  let stack: ConnectedStack;
  let rows: string;

  beforeAll(async () => {
    stack = await connectStack();
    await preparePhotographs(stack);
    rows = await undisturbedRows(stack);
    expect(rows.split('\n')).toHaveLength(301);
  });

  for (const [fault, engines] of chosenCells(process.env.FANFLEET_FAULTS)) {
    describe(`${fault.title}`, () => {
      it.each(engines)('%s gives the right answer, and leaves nothing', async (engine) => {
        const outcome = await runCell({
          stack,
          engine,
          fault,
          request: WORK,
          fleetDeadline: FLEET_DEADLINE,
        });
        expect(problemsOf(outcome, fault, rows)).toEqual([]);
      });
    });
  }
});
