import type { Fault } from '../../../../scripts/faults/fault.ts';
import { FAULTS } from '../../../../scripts/faults/faults.ts';
import { type Engine, engineSchema } from '../../../../src/contract/engines.ts';

type Choice = Readonly<Record<string, readonly Engine[]>>;

/**
 * What `npm test` has time for: every fault with the engine that starts the soonest, and a silent host with one in Python.
 * Beside it `fleet-engines.test.ts` kills a process of each other engine but Daft, whose cluster is Ray's, and `faults.test.ts` the head.
 */
const SHORT: Choice = {
  ...Object.fromEntries(FAULTS.map(({ name }) => [name, ['grpc']])),
  'worker-host-vanished': ['grpc', 'dask'],
};

/**
 * The faults that are tested, each with its engines.
 *
 * @param isFull whether that is every engine with every fault
 */
export function chosenCells(isFull: boolean): [fault: Fault, engines: readonly Engine[]][] {
  return FAULTS.map((fault) => [fault, isFull ? engineSchema.options : (SHORT[fault.name] ?? [])]);
}
