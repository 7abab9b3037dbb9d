import type { ObjectStore } from '../aws/object-store.ts';
import { planSchema } from '../dataset/manifest.ts';
import { FanfleetError } from '../errors.ts';
import { parse } from '../parse.ts';
import { layout } from './layout.ts';
import type { Pass } from './run.ts';

/** How far one arm of one round is. */
export interface ArmProgress {
  readonly arm: 'serverless' | 'fleet';
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
  readonly #done = new Set<string>();
  #plan: { batches: number; images: number } | undefined;

  constructor(store: Pick<ObjectStore, 'getJson' | 'list'>, runId: string) {
    this.#store = store;
    this.#runId = runId;
  }

  /** The first arm that is not done yet; nothing while the run is being planned, or once all are done. */
  async current(passes: readonly Pass[]): Promise<readonly ArmProgress[]> {
    const plan = await this.#readPlan();
    if (plan === undefined) return [];
    for (const pass of passes) {
      const arms = (['serverless', 'fleet'] as const).filter((arm) => pass[arm]);
      const progress = await Promise.all(arms.map((arm) => this.#count(arm, pass.round, plan)));
      if (progress.some(({ batches, totalBatches }) => batches < totalBatches)) return progress;
    }
    return [];
  }

  async #count(arm: 'serverless' | 'fleet', round: number, plan: { batches: number; images: number }) {
    const key = `${arm}/${round}`;
    let batches = plan.batches;
    if (!this.#done.has(key)) {
      batches = 0;
      for await (const _ of this.#store.list(layout.spans(this.#runId, arm, round))) batches += 1;
      if (batches >= plan.batches) this.#done.add(key);
    }
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
