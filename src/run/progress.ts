import type { ObjectStore } from '../aws/object-store.ts';
import { ARMS, type Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import { type Plan, planSchema } from '../contract/plan.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import type { Pass } from './run.ts';

/** How far one arm of one round is. */
export interface ArmProgress {
  readonly arm: Arm;
  readonly round: number;
  readonly batches: number;
  readonly totalBatches: number;
  /** Images in finished batches, taking batches as equal. */
  readonly images: number;
  readonly totalImages: number;
}

/** How far a run is, from what lies in S3: a batch with a span is done, whichever arm did it. */
export class RunProgress {
  readonly #store: Pick<ObjectStore, 'getJson' | 'list'>;
  readonly #runId: string;
  /** Batches that each arm of a resumed run had when it was first looked at. */
  readonly #takenOver = new Map<string, number>();
  /** Passes before this one are over. */
  #pass = 0;
  #plan: Plan | undefined;

  constructor(store: Pick<ObjectStore, 'getJson' | 'list'>, runId: string) {
    this.#store = store;
    this.#runId = runId;
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
      const done = progress.every(({ batches, totalBatches }) => batches >= totalBatches);
      if (done) continue;
      const next = await this.#countPass(passes[this.#pass + 1], plan);
      if (next.every((arm) => arm.batches === this.#startOf(arm, plan))) return progress;
    }
    return [];
  }

  /** How many batches an arm has before it has begun: those that were taken over. */
  #startOf({ arm, round, batches }: ArmProgress, plan: Plan): number {
    if (plan.resumed === undefined) return 0;
    const key = `${arm}/${round}`;
    const start = this.#takenOver.get(key) ?? batches;
    this.#takenOver.set(key, start);
    return start;
  }

  async #countPass(pass: Pass | undefined, plan: Plan): Promise<ArmProgress[]> {
    const arms = ARMS.filter((arm) => pass?.[arm]);
    return Promise.all(arms.map((arm) => this.#count(arm, pass?.round ?? 0, plan)));
  }

  async #count(arm: Arm, round: number, plan: Plan) {
    let batches = 0;
    for await (const _ of this.#store.list(layout.spans(this.#runId, arm, round))) batches += 1;
    const images = Math.round((batches / plan.batches) * plan.images);
    return { arm, round, batches, totalBatches: plan.batches, images, totalImages: plan.images };
  }

  async #readPlan() {
    if (this.#plan !== undefined) return this.#plan;
    try {
      this.#plan = parse(planSchema, await this.#store.getJson(layout.plan(this.#runId)), 'plan.json');
    } catch (error) {
      if (!(error instanceof FanfleetError && error.code === 'OBJECT_NOT_FOUND')) throw error;
    }
    return this.#plan;
  }
}
