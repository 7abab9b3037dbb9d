import { type Engine, engineSchema } from '../../../../src/run/request.ts';
import type { Fault } from './fault.ts';
import { FAULTS } from './faults.ts';

const ALL: readonly Engine[] = engineSchema.options;

type Choice = Readonly<Record<string, readonly Engine[]>>;

/**
 * What `npm test` has time for: every fault with the engine that starts the soonest, and a silent host with one in Python.
 * Beside it `fleet-engines.test.ts` kills a process of each engine, and `faults.test.ts` the head.
 */
const SHORT: Choice = {
  ...Object.fromEntries(FAULTS.map(({ name }) => [name, ['grpc']])),
  'worker-host-vanished': ['grpc', 'dask'],
};

/** Each engine loses a process and a host, and each other fault meets one engine. */
const EACH: Choice = {
  'worker-process-killed': ALL,
  'worker-host-vanished': ALL,
  'worker-host-killed': ['spark'],
  'worker-slow': ['dask'],
  'worker-out-of-memory': ['ray'],
  'worker-never-joins': ['daft'],
  'head-killed': ['grpc'],
  's3-unavailable': ['dask'],
  's3-resets': ['grpc'],
  'network-10mbit': ['grpc'],
  'spot-notice': ['dask'],
};

/**
 * The faults that are tested, each with its engines.
 *
 * @param which `all` for every engine with every fault, `each` for every engine and every fault
 */
export function chosenCells(which: string | undefined): [fault: Fault, engines: readonly Engine[]][] {
  if (which === 'all') return FAULTS.map((fault) => [fault, ALL]);
  const choice = which === 'each' ? EACH : SHORT;
  return FAULTS.flatMap((fault): [Fault, readonly Engine[]][] => {
    const engines = choice[fault.name];
    return engines === undefined ? [] : [[fault, engines]];
  });
}
