import { setTimeout as sleep } from 'node:timers/promises';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { getIfPresent } from '../../src/aws/bucket-reader.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { keptFleetRun, layout } from '../../src/contract/layout.ts';
import { planSchema } from '../../src/contract/plan.ts';
import { FanfleetError } from '../../src/errors.ts';
import { type FleetView, FleetWatch } from '../../src/fleet/fleet-view.ts';
import { hostFiles } from '../../src/fleet/host-files.ts';
import { type FleetInstance, fleetInstances } from '../../src/fleet/instances.ts';
import { parseJson } from '../../src/parse.ts';
import { runSchema } from '../../src/run/run.ts';
import { describeRun, listRuns } from '../../src/run/start.ts';
import { type Aws, type Context, connect, connectEc2 } from '../context.ts';
import { type WorkersView, workersText } from './workers-text.ts';

export interface WorkersOptions {
  /** Look once, instead of until the run ends. */
  readonly once: boolean;
}

const LOOK_MS = 1_000;
/** So many runs are looked at for one that is under way. */
const MOST_RUNS = 20;

/**
 * The hosts of a run's fleet as they are now, again each second until the run ends. Changes nothing.
 *
 * @throws FanfleetError `NO_RUN_UNDER_WAY`, `RUN_NOT_FOUND`
 */
export async function workersCommand(context: Context, asked: string | undefined, { once }: WorkersOptions) {
  const aws = await connect(context);
  const runId = asked ?? (await latestUnderWay(aws));
  const ec2 = await connectEc2(context);
  const watch = new RunWatch(aws, ec2, runId);
  try {
    for (;;) {
      const view = await watch.look(Date.now());
      if (once || view.status !== 'RUNNING') return { json: view, text: workersText(view) };
      context.io.progress(workersText(view));
      await sleep(LOOK_MS, undefined, { signal: context.signal });
    }
  } catch (error) {
    throw context.signal.aborted ? context.signal.reason : error;
  } finally {
    ec2.destroy();
  }
}

async function latestUnderWay({ sfn, stack }: Aws): Promise<string> {
  const runs = await listRuns(sfn, stack, MOST_RUNS);
  const running = runs.find(({ status }) => status === 'RUNNING');
  if (running !== undefined) return running.runId;
  throw new FanfleetError(
    'NO_RUN_UNDER_WAY',
    `Expected a run of the stage ${stack.stage} that is under way but there is none; name one that \`fanfleet status\` lists to see how it ended.`,
    { source: 'user' },
  );
}

/** A run and the latest round of its fleet. */
class RunWatch {
  readonly #aws: Aws;
  readonly #ec2: EC2Client;
  readonly #runId: string;
  readonly #store: ObjectStore;
  readonly #rounds = new Map<number, FleetWatch>();
  #engine: string | null = null;
  #repeats = 1;
  #hasStages = false;
  /** What a kept fleet has in the place of a run; null for one that is launched for the run. */
  #keptFleet: string | null = null;
  #totalBatches: number | null = null;

  constructor(aws: Aws, ec2: EC2Client, runId: string) {
    this.#aws = aws;
    this.#ec2 = ec2;
    this.#runId = runId;
    this.#store = new ObjectStore(aws.s3, aws.stack.runsBucket);
  }

  async look(at: number): Promise<WorkersView> {
    const { sfn, stack } = this.#aws;
    // First, so that what is seen of a run that has ended is all there will be.
    const { status } = await describeRun(sfn, stack, this.#runId);
    await this.#readRequest();
    const instances = await fleetInstances(this.#ec2, stack.stage, this.#keptFleet ?? this.#runId);
    const round = await this.#latestRound(instances);
    const fleet = round === null ? null : await this.#lookAt(round, instances, at);
    return {
      runId: this.#runId,
      status,
      engine: this.#engine,
      totalBatches: this.#totalBatches,
      at,
      fleet,
    };
  }

  #lookAt(round: number, instances: readonly FleetInstance[], at: number): Promise<FleetView> {
    const watch = this.#rounds.get(round) ?? this.#watch(round);
    this.#rounds.set(round, watch);
    return watch.look(instances, at);
  }

  #watch(round: number): FleetWatch {
    const kept = this.#keptFleet;
    const place = kept === null ? undefined : { runId: kept, round: 0 };
    return new FleetWatch(this.#store, this.#runId, round, this.#hasStages, place);
  }

  /** EC2 knows a fleet before it has left any file, and forgets it an hour after its end. */
  async #latestRound(instances: readonly FleetInstance[]): Promise<number | null> {
    const isKept = this.#keptFleet !== null;
    if (instances.length > 0 && !isKept) return Math.max(...instances.map(({ round }) => round));
    for (let round = this.#repeats - 1; round >= 0; round -= 1) {
      // A kept fleet is there before its first job, and its hosts write elsewhere.
      if (isKept && round === 0) return 0;
      const files = await hostFiles(
        this.#store,
        isKept
          ? layout.spans(this.#runId, 'fleet', round, this.#hasStages ? 0 : undefined)
          : layout.hosts(this.#runId, round),
      );
      if (files.size > 0) return round;
    }
    return null;
  }

  /** Neither file is there in the first moments of a run. */
  async #readRequest(): Promise<void> {
    if (this.#engine === null) {
      const found = await getIfPresent(this.#store, layout.request(this.#runId));
      const wanted = runSchema.pick({ engine: true, repeats: true, keptFleet: true, hasStages: true });
      if (found !== null) {
        const request = parseJson(wanted, found, 'request.json');
        this.#engine = request.engine;
        this.#repeats = request.repeats;
        this.#hasStages = request.hasStages;
        this.#keptFleet = request.keptFleet === null ? null : keptFleetRun(request.keptFleet.id);
      }
    }
    if (this.#totalBatches === null) {
      const found = await getIfPresent(this.#store, layout.plan(this.#runId));
      if (found !== null) {
        this.#totalBatches = parseJson(planSchema, found, 'plan.json').batches;
      }
    }
  }
}
