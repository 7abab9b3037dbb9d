import { EC2Client } from '@aws-sdk/client-ec2';
import type { ObjectStore } from '../../aws/object-store.ts';
import { parse } from '../../parse.ts';
import { runSchema } from '../../run/run.ts';
import { Ec2WorkerPool } from './ec2-worker-pool.ts';
import type { ScalerOptions } from './scaler.ts';

/** With it, so that whoever does not scale need not load it. */
export { EC2Client };

export type FleetScalingOptions = {
  readonly ec2: EC2Client;
  /** The bucket of the runs. */
  readonly store: ObjectStore;
  /** Key of the run's `request.json`. */
  readonly requestKey: string;
  readonly round: number;
  readonly subnetIds: readonly string[];
  /** Of this host, epoch milliseconds: deadlines count from there. */
  readonly bootStartedAt: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** What the head keeps of the deadline to report; REPORT_RESERVE_S in ec2-workers/fanfleet/fleet_job.py. */
const REPORT_RESERVE_S = 30;
/** Of the fleet's deadline, without a target, the part in which the job should be done: rates vary. */
const MARGIN = 0.9;
/** A machine, its packages, Node. Only until the first worker has told how long it took. */
const FIRST_GUESS_S = 90;

/**
 * How the fleet of a run is scaled: from `workers` to `workersMax`, so that it is done `targetSeconds` after the boot
 * of the head.
 *
 * @throws FanfleetError `OBJECT_NOT_FOUND`, `INVALID_INPUT`
 */
export async function fleetScaling(options: FleetScalingOptions): Promise<Omit<ScalerOptions, 'now'>> {
  const { store, requestKey, bootStartedAt, ...rest } = options;
  const run = parse(runSchema, await store.getJson(requestKey), requestKey);
  const { workers, workersMax = workers, targetSeconds, fleetDeadline } = run;
  const seconds = fleetDeadline - REPORT_RESERVE_S;
  return {
    pool: await Ec2WorkerPool.open({ ...rest, store, run }),
    launched: workers,
    min: workers,
    max: workersMax,
    target: bootStartedAt + 1000 * Math.min(targetSeconds ?? Number.POSITIVE_INFINITY, MARGIN * seconds),
    end: bootStartedAt + 1000 * seconds,
    bootSeconds: FIRST_GUESS_S,
  };
}
