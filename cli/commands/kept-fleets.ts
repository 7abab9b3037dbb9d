import { randomBytes } from 'node:crypto';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { DEFAULT_ENGINE } from '../../src/contract/engines.ts';
import { describeKeeping, startKeptFleet } from '../../src/fleet/kept/keeping.ts';
import type { KeptFleetInput } from '../../src/fleet/kept/kept-fleet.ts';
import type { RequestInput } from '../../src/run/request.ts';
import { runsModel } from '../../src/workloads/names.ts';
import { DEFAULT_WORKLOAD } from '../../src/workloads/schemas.ts';
import type { Aws, Context } from '../context.ts';
import { installEngine, installModels } from '../engine-packages.ts';
import { stopFleet, untilReady, untilThere } from './fleet.ts';

/** After a command that has died they end themselves. One that the others keep waiting for longer is started again. */
const IDLE_S = 600;

/**
 * The request with a kept fleet in the place of what it would launch, started unless it is there. It may still boot: jobs wait
 * for it.
 */
export async function onKeptFleet(request: RequestInput, fleets: KeptFleets): Promise<RequestInput> {
  const { engine, workers, instanceType, instanceTypes, market, swap, ...rest } = request;
  const models = runsModel((request.workload ?? DEFAULT_WORKLOAD).name) || undefined;
  const input = { engine, workers, instanceType, instanceTypes, market, swap, models };
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  return { ...rest, fleet: await fleets.like(given) };
}

/** Fleets that a command keeps for its own runs: each is started when it is wanted first, and all are ended with the command. */
export class KeptFleets {
  readonly #context: Context;
  readonly #aws: Aws;
  readonly #prefix: string;
  /** Names and ids by what they are. */
  readonly #fleets = new Map<string, { readonly name: string; readonly id: string }>();
  /** Ids of those that have booted. */
  readonly #booted = new Set<string>();
  readonly #suffix = randomBytes(3).toString('hex');

  /** @param prefix of the names: what they are kept for */
  constructor(context: Context, aws: Aws, prefix: string) {
    this.#context = context;
    this.#aws = aws;
    this.#prefix = prefix;
  }

  /** The name of the fleet that is like this; started again where it has ended, which those do that nobody has used for long. */
  async like(input: KeptFleetInput): Promise<string> {
    const { engine = DEFAULT_ENGINE, workers = 2 } = input;
    const key = JSON.stringify(input);
    const known = this.#fleets.get(key);
    const { sfn, s3, stack } = this.#aws;
    if (known !== undefined && (await describeKeeping(sfn, stack, known.id)).status === 'RUNNING') {
      return known.name;
    }
    await installEngine(this.#context, engine);
    if (input.models === true) await installModels(this.#context);
    const name =
      known?.name ?? `${this.#prefix}-${engine}-${workers}-${this.#suffix}${this.#fleets.size || ''}`;
    const store = new ObjectStore(s3, stack.runsBucket);
    const id = await startKeptFleet(sfn, stack, store, name, { idle: IDLE_S, ...input });
    this.#fleets.set(key, { name, id });
    await untilThere(this.#context, this.#aws, id);
    return name;
  }

  /** Wait until all that were started have booted, so that no run has a boot in its times; some may have ended since. */
  async ready(): Promise<void> {
    for (const { id } of this.#fleets.values()) {
      if (this.#booted.has(id)) continue;
      await untilReady(this.#context, this.#aws, id);
      this.#booted.add(id);
    }
  }

  /** End all, and what they may still be doing: nobody waits for it. */
  async end(): Promise<void> {
    const ids = [...this.#fleets.values()].map(({ id }) => id);
    this.#fleets.clear();
    for (const id of ids) await stopFleet(this.#context, this.#aws, id, true);
  }
}
