/**
 * Who did each batch last, of a round whose batches are done again and again: that worker may still have it in memory.
 * Of one round at a time, so that no more is remembered than the job has batches.
 */
export class Keepers {
  #round: string | undefined;
  readonly #workers = new Map<number, string>();

  /** @param round of the jobs to come; undefined where no later job does their batches again */
  begin(round: string | undefined): void {
    if (round === undefined || round !== this.#round) this.#workers.clear();
    this.#round = round;
  }

  note(batch: number, worker: string): void {
    if (this.#round !== undefined) this.#workers.set(batch, worker);
  }

  of(batch: number): string | undefined {
    return this.#workers.get(batch);
  }
}

/**
 * What jobs have in common that are stages of the same round of a run.
 *
 * @param out the address of the folder of a stage
 */
export function roundOfStages(out: string): string {
  return out.replace(/stage-\d+\/$/, '');
}
