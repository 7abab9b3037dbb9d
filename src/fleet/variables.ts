import { ENGINES } from '../contract/engines.ts';
import type { Run } from '../run/run.ts';
import { runsModel } from '../workloads/names.ts';
import type { Bundle } from './bundle.ts';
import type { FleetOrder } from './fleet-order.ts';
import { parameterName } from './secrets.ts';

export interface FleetVariables extends Omit<HostVariables, 'fleet' | 'models' | 'deadline'> {
  readonly run: Run;
  readonly round: number;
}

/** What every host is told, whatever its fleet is for. */
export interface HostVariables {
  readonly fleet: FleetOrder & Pick<Run, 'runsBucket' | 'engine' | 'swap'>;
  /** Whether it is to have what runs models. */
  readonly models: boolean;
  readonly round: number;
  readonly region: string;
  /** Only offline: where AWS is for the instances. */
  readonly endpoint: string | undefined;
  readonly bundle: Pick<Bundle, 'key' | 'sha256'>;
  /** Seconds from the boot in which the head has to be done. */
  readonly deadline: number;
}

/** Workers may join so long; the head goes on with those that came. */
const JOIN_DEADLINE_S = 300;
/** How much later than the arm's deadline an instance ends itself, when nothing else has ended it. */
const SELF_TERMINATION_MARGIN_S = 600;

/** The header of the user data of a fleet for one round; docs/architecture.md lists the variables. None is a secret. */
export function fleetVariables({ run, ...hosts }: FleetVariables): Record<string, string> {
  return {
    ...jobVariables(run, hosts.round),
    ...hostVariables({
      ...hosts,
      fleet: run,
      models: runsModel(run.workload.name),
      deadline: run.fleetDeadline,
    }),
  };
}

/** What a fleet has to do; a kept one is told with each job. */
export function jobVariables(run: Run, round: number): Record<string, string> {
  return {
    FANFLEET_RUN_ID: run.runId,
    FANFLEET_ROUND: String(round),
    FANFLEET_DATA_BUCKET: run.bucket,
    FANFLEET_REQUESTER_PAYS: String(run.requesterPays),
    FANFLEET_WORKLOAD: JSON.stringify(run.workload),
    FANFLEET_KERNEL: run.kernel,
    FANFLEET_IMAGE_MEMORY: String(run.imageMemory),
  };
}

export function hostVariables({
  fleet,
  models,
  round,
  region,
  endpoint,
  bundle,
  deadline,
}: HostVariables): Record<string, string> {
  return {
    FANFLEET_STAGE: fleet.stage,
    FANFLEET_REGION: region,
    FANFLEET_RUNS_BUCKET: fleet.runsBucket,
    ...(endpoint === undefined ? {} : { FANFLEET_ENDPOINT_URL: endpoint }),
    FANFLEET_PARAMETER: parameterName(fleet.stage, fleet.runId, round),
    FANFLEET_BUNDLE_KEY: bundle.key,
    FANFLEET_BUNDLE_SHA256: bundle.sha256,
    FANFLEET_ENGINE: fleet.engine,
    // The gRPC program has it from elsewhere.
    ...(models && ENGINES[fleet.engine].isProgram !== true ? { FANFLEET_MODELS: 'true' } : {}),
    FANFLEET_WORKERS: String(fleet.workers),
    FANFLEET_JOIN_DEADLINE_S: String(Math.min(JOIN_DEADLINE_S, Math.floor(deadline / 2))),
    FANFLEET_DEADLINE_S: String(deadline + SELF_TERMINATION_MARGIN_S),
    FANFLEET_JOB_DEADLINE_S: String(deadline),
    FANFLEET_SWAP_GIB: String(fleet.swap),
  };
}

/** Whether somebody may open the dashboards: one that a boot waits for is left out for nobody. */
export function dashboardVariables(dashboardCidr: string | undefined): Record<string, string> {
  return dashboardCidr === undefined ? {} : { FANFLEET_DASHBOARD: 'true' };
}

/** What the head needs to start more workers, where it may. */
export function scalingVariables(
  { run, ec2Endpoint }: { readonly run: FleetOrder; readonly ec2Endpoint?: string | undefined },
  subnetIds: readonly string[],
): Record<string, string> {
  if (run.workersMax === undefined) return {};
  return {
    FANFLEET_SCALING_SUBNETS: subnetIds.join(','),
    ...(ec2Endpoint === undefined ? {} : { FANFLEET_EC2_ENDPOINT_URL: ec2Endpoint }),
  };
}
