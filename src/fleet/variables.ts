import type { Run } from '../run/run.ts';
import type { Bundle } from './bundle.ts';
import { parameterName } from './secrets.ts';

export interface FleetVariables {
  readonly run: Run;
  readonly round: number;
  readonly region: string;
  /** Only offline: where AWS is for the instances. */
  readonly endpoint: string | undefined;
  /** Only offline, and only where it is another address: where EC2 is for the head. @default as `endpoint` */
  readonly ec2Endpoint?: string | undefined;
  readonly bundle: Bundle;
}

/** Workers may join so long; the head goes on with those that came. */
const JOIN_DEADLINE_S = 300;
/** How much later than the arm's deadline an instance ends itself, when nothing else has ended it. */
const SELF_TERMINATION_MARGIN_S = 600;

/** The header of the user data; docs/architecture.md lists the variables. None is a secret. */
export function fleetVariables({
  run,
  round,
  region,
  endpoint,
  bundle,
}: FleetVariables): Record<string, string> {
  return {
    FANFLEET_RUN_ID: run.runId,
    FANFLEET_ROUND: String(round),
    FANFLEET_STAGE: run.stage,
    FANFLEET_REGION: region,
    FANFLEET_RUNS_BUCKET: run.runsBucket,
    FANFLEET_DATA_BUCKET: run.bucket,
    FANFLEET_REQUESTER_PAYS: String(run.requesterPays),
    ...(endpoint === undefined ? {} : { FANFLEET_ENDPOINT_URL: endpoint }),
    FANFLEET_PARAMETER: parameterName(run.stage, run.runId, round),
    FANFLEET_BUNDLE_KEY: bundle.key,
    FANFLEET_BUNDLE_SHA256: bundle.sha256,
    FANFLEET_ENGINE: run.engine,
    FANFLEET_OPERATION: run.operation,
    FANFLEET_DEPTH: run.depth,
    FANFLEET_NORMALISATION: JSON.stringify(run.normalisation),
    FANFLEET_IMAGE_MEMORY: String(run.imageMemory),
    FANFLEET_WORKERS: String(run.workers),
    FANFLEET_JOIN_DEADLINE_S: String(Math.min(JOIN_DEADLINE_S, Math.floor(run.fleetDeadline / 2))),
    FANFLEET_DEADLINE_S: String(run.fleetDeadline + SELF_TERMINATION_MARGIN_S),
    FANFLEET_JOB_DEADLINE_S: String(run.fleetDeadline),
    FANFLEET_SWAP_GIB: String(run.swap),
  };
}

/** What the head needs to start more workers, where it may. */
export function scalingVariables(
  { run, ec2Endpoint }: Pick<FleetVariables, 'run' | 'ec2Endpoint'>,
  subnetIds: readonly string[],
): Record<string, string> {
  if (run.workersMax === undefined) return {};
  return {
    FANFLEET_SCALING_SUBNETS: subnetIds.join(','),
    ...(ec2Endpoint === undefined ? {} : { FANFLEET_EC2_ENDPOINT_URL: ec2Endpoint }),
  };
}
