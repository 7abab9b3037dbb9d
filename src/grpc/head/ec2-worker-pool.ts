import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ObjectStore } from '../../aws/object-store.ts';
import { layout } from '../../contract/layout.ts';
import { FanfleetError } from '../../errors.ts';
import type { FleetOrder } from '../../fleet/fleet-order.ts';
import { templateName } from '../../fleet/launch-template.ts';
import { startInstances } from '../../fleet/start-instances.ts';
import { type WorkerStart, workerStartsSchema } from '../../fleet/worker-starts.ts';
import { parse } from '../../parse.ts';
import type { WorkerPool } from './scaler.ts';

export type Ec2WorkerPoolOptions = {
  readonly ec2: EC2Client;
  /** The bucket of the runs. */
  readonly store: ObjectStore;
  readonly run: FleetOrder;
  readonly round: number;
  readonly subnetIds: readonly string[];
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/**
 * Workers from EC2, of the launch template that launchFleet made, and so like the first ones in all but their number.
 *
 * Every call is written down before it is made. A head that starts again makes a call whose answer is not known once
 * more, with the same client token: EC2 starts nothing twice, and tells what it has started.
 */
export class Ec2WorkerPool implements WorkerPool {
  readonly #options: Ec2WorkerPoolOptions;
  readonly #starts: WorkerStart[];

  private constructor(options: Ec2WorkerPoolOptions, starts: readonly WorkerStart[]) {
    this.#options = options;
    this.#starts = [...starts];
  }

  /** @throws FanfleetError `INVALID_INPUT` if `starts.json` is not what a head wrote */
  static async open(options: Ec2WorkerPoolOptions): Promise<Ec2WorkerPool> {
    const pool = new Ec2WorkerPool(options, await readStarts(options));
    const last = pool.#starts.at(-1);
    if (last?.instances === null) await pool.#call(last).catch(() => undefined);
    return pool;
  }

  get started(): ReadonlyMap<string, number> {
    return new Map(
      this.#starts.flatMap(({ at, instances }) => (instances ?? []).map((id) => [id, at] as const)),
    );
  }

  /** @throws FanfleetError `NOT_LAUNCHED`, or what EC2 or S3 said */
  async start(count: number): Promise<readonly string[]> {
    const start: WorkerStart = {
      call: this.#starts.length + 1,
      at: this.#options.now(),
      workers: count,
      instances: null,
      refusals: [],
    };
    this.#starts.push(start);
    await this.#save();
    return this.#call(start);
  }

  async #call(start: WorkerStart): Promise<readonly string[]> {
    const { ec2, run, round, subnetIds } = this.#options;
    try {
      const { instances, refusals } = await startInstances(ec2, run, round, {
        role: 'worker',
        call: start.call,
        count: start.workers,
        market: run.market,
        template: { LaunchTemplateName: templateName(run, round, 'worker') },
        subnetIds,
      });
      Object.assign(start, { instances, refusals });
      return instances;
    } catch (reason) {
      Object.assign(start, { instances: [], refusals: [FanfleetError.from(reason, 'aws').message] });
      throw reason;
    } finally {
      await this.#save();
    }
  }

  async #save(): Promise<void> {
    const { store, run, round } = this.#options;
    await store.putJson(layout.workerStarts(run.runId, round), { starts: this.#starts });
  }
}

async function readStarts({ store, run, round }: Ec2WorkerPoolOptions): Promise<readonly WorkerStart[]> {
  const key = layout.workerStarts(run.runId, round);
  try {
    return parse(workerStartsSchema, await store.getJson(key), key).starts;
  } catch (reason) {
    if (reason instanceof FanfleetError && reason.code === 'OBJECT_NOT_FOUND') return [];
    throw reason;
  }
}
