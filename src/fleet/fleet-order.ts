import type { Run } from '../run/run.ts';

/** What is launched: a fleet for a round of a run, or one that is kept, whose `runId` is that of `keptFleetRun`. */
export type FleetOrder = Pick<
  Run,
  'stage' | 'runId' | 'workers' | 'workersMax' | 'instanceType' | 'instanceTypes' | 'market'
>;
