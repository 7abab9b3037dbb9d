import { beforeAll, describe, expect, inject, it } from 'vitest';
import { problemsOf } from '../../../../scripts/faults/assess.ts';
import { runCell } from '../../../../scripts/faults/cell.ts';
import type { Fault } from '../../../../scripts/faults/fault.ts';
import {
  preparePhotographs,
  undisturbedRows,
  WORK,
  type Work,
} from '../../../../scripts/faults/photographs.ts';
import { type ConnectedStack, connectStack } from '../../../../scripts/own-stack/stack.ts';
import { IS_FULL } from '../../../support/full-only.ts';
import { noNamespaces } from '../../../support/namespace-hosts.ts';
import { chosenCells } from './choice.ts';

/** Seconds: enough for a slow machine. */
const FLEET_DEADLINE = 240;

/** As many batches, where nothing is timed. */
const LITTLE_WORK: Work = { images: 120, request: { ...WORK.request, batchSize: 2 } };

const work = IS_FULL ? WORK : LITTLE_WORK;

const title = noNamespaces === undefined ? '' : ` (skipped: ${noNamespaces})`;

/** The tests of the faults that are chosen of those that are wanted here. */
export function describeCells(isWanted: (fault: Fault) => boolean): void {
  describe.skipIf(noNamespaces !== undefined)(`a fleet on real hosts${title}`, () => {
    let stack: ConnectedStack;
    let rows: string;

    beforeAll(async () => {
      stack = await connectStack(inject('home'));
      await preparePhotographs(stack, work);
      rows = await undisturbedRows(stack, work);
      expect(rows.split('\n')).toHaveLength(work.images + 1);
    });

    // Most of a cell is waiting for deadlines.
    for (const [fault, engines] of chosenCells(IS_FULL).filter(([each]) => isWanted(each))) {
      describe(`${fault.title}`, { concurrent: !fault.strikesAll }, () => {
        it.each(engines)('%s gives the right answer, and leaves nothing', async (engine) => {
          const outcome = await runCell({
            stack,
            engine,
            fault,
            request: work.request,
            fleetDeadline: FLEET_DEADLINE,
          });
          expect(problemsOf(outcome, fault, rows)).toEqual([]);
        });
      });
    }
  });
}
