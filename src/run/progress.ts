import type { ObjectStore } from '../aws/object-store.ts';
import { ARMS, type Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import { type Plan, planSchema } from '../contract/plan.ts';
import { reducedSchema } from '../contract/stage.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import type { Pass } from './run.ts';

/** How far one arm of one round is. */
export interface ArmProgress {
  readonly arm: Arm;
  readonly round: number;
  /** The newest one, of a workload with several: what follows is of it alone. */
  readonly stage: number | null;
  readonly batches: number;
  readonly totalBatches: number;
  /** Items in finished batches, taking batches as equal. */
  readonly items: number;
  readonly totalItems: number;
}

/** What is known beside: whether nothing is left to do, and how many batches of all stages are done. */
type Counted = ArmProgress & { readonly isDone: boolean; readonly allBatches: number };

/** How far a run is, from what lies in S3: a batch with a span is done, whichever arm did it. */
export class RunProgress {
  readonly #store: Pick<ObjectStore, 'getJson' | 'list'>;
  readonly #runId: string;
  readonly #hasStages: boolean;
  /** The newest stage of each arm. */
  readonly #stages = new Map<string, number>();
  /** Batches that each arm of a resumed run had when it was first looked at. */
  readonly #takenOver = new Map<string, number>();
  /** Passes before this one are over. */
  #pass = 0;
  #plan: Plan | undefined;

  constructor(store: Pick<ObjectStore, 'getJson' | 'list'>, runId: string, hasStages: boolean) {
    this.#store = store;
    this.#runId = runId;
    this.#hasStages = hasStages;
  }

  /**
   * The arms of the pass that is under way; nothing while the run is being planned, or once all are done. A pass whose
   * arm failed half-way never gets done, so it is left as soon as the next one has something to show.
   */
  async current(passes: readonly Pass[]): Promise<readonly ArmProgress[]> {
    const plan = await this.#readPlan();
    if (plan === undefined) return [];
    for (; this.#pass < passes.length; this.#pass += 1) {
      const progress = await this.#countPass(passes[this.#pass], plan);
      if (progress.every(({ isDone }) => isDone)) continue;
      const next = await this.#countPass(passes[this.#pass + 1], plan);
      if (next.every((arm) => arm.allBatches === this.#startOf(arm, plan))) {
        return progress.map(({ isDone: _, allBatches: __, ...shown }) => shown);
      }
    }
    return [];
  }

  /** How many batches an arm has before it has begun: those that were taken over. */
  #startOf({ arm, round, allBatches }: Counted, plan: Plan): number {
    if (plan.resumed === undefined) return 0;
    const key = `${arm}/${round}`;
    const start = this.#takenOver.get(key) ?? allBatches;
    this.#takenOver.set(key, start);
    return start;
  }

  async #countPass(pass: Pass | undefined, plan: Plan): Promise<Counted[]> {
    const arms = ARMS.filter((arm) => pass?.[arm]);
    return Promise.all(arms.map((arm) => this.#count(arm, pass?.round ?? 0, plan)));
  }

  async #count(arm: Arm, round: number, plan: Plan): Promise<Counted> {
    const key = `${arm}/${round}`;
    let stage = this.#hasStages ? (this.#stages.get(key) ?? 0) : null;
    let batches = await this.#spans(arm, round, stage);
    // The next one begins where this one is whole.
    while (stage !== null && batches >= plan.batches) {
      const next = await this.#spans(arm, round, stage + 1);
      if (next === 0) break;
      [stage, batches] = [stage + 1, next];
    }
    if (stage !== null) this.#stages.set(key, stage);
    const items = Math.round((batches / plan.batches) * plan.items);
    const isWhole = batches >= plan.batches;
    return {
      ...{ arm, round, stage, batches, totalBatches: plan.batches, items, totalItems: plan.items },
      isDone: isWhole && (stage === null || (await this.#isLast(arm, round, stage))),
      allBatches: (stage ?? 0) * plan.batches + batches,
    };
  }

  async #spans(arm: Arm, round: number, stage: number | null): Promise<number> {
    let spans = 0;
    const prefix = layout.spans(this.#runId, arm, round, stage ?? undefined);
    for await (const _ of this.#store.list(prefix)) spans += 1;
    return spans;
  }

  async #isLast(arm: Arm, round: number, stage: number): Promise<boolean> {
    const key = layout.reduced(this.#runId, arm, round, stage);
    const reduced = await this.#getIfPresent(key);
    return reduced !== undefined && parse(reducedSchema, reduced, key).isLast;
  }

  async #readPlan() {
    if (this.#plan !== undefined) return this.#plan;
    const plan = await this.#getIfPresent(layout.plan(this.#runId));
    if (plan !== undefined) this.#plan = parse(planSchema, plan, 'plan.json');
    return this.#plan;
  }

  async #getIfPresent(key: string): Promise<unknown> {
    try {
      return await this.#store.getJson(key);
    } catch (error) {
      if (error instanceof FanfleetError && error.code === 'OBJECT_NOT_FOUND') return undefined;
      throw error;
    }
  }
}
