import { QuickestParts } from './quickest-parts.ts';
import { type InferenceBatch, type Inferred, type RunnableModel, Session } from './session.ts';

/**
 * The sessions of a model in this process: one more is opened when a batch finds none free, so there are as many as callers
 * run batches at once.
 */
export class Sessions {
  readonly #model: RunnableModel;
  readonly #free: Session[] = [];
  readonly #parts = new Map<number, QuickestParts>();
  #fitting: number | undefined;
  #isKept = true;

  constructor(model: RunnableModel) {
    this.#model = model;
  }

  /** So many images the model can have at a time, where memory did not suffice for as many as it was given. */
  get fitting(): number | undefined {
    return this.#fitting;
  }

  /**
   * Ask the model about the images of a batch, all at once or one after the other, whichever is quicker. Where memory does not
   * suffice, it has half as many from then on.
   *
   * @param most images of a full batch
   * @throws FanfleetError as `Session` does
   */
  async run(batch: InferenceBatch, most: number): Promise<Inferred> {
    const session = this.#free.pop() ?? (await Session.open(this.#model));
    const [images = 1] = batch.dims;
    const parts = this.#partsOf(most);
    const atOnce = Math.min(parts.next(images), this.#fitting ?? most);
    try {
      const inferred = await session.run(batch, atOnce);
      if (inferred.atOnce < atOnce) this.#fitting = Math.min(inferred.atOnce, this.#fitting ?? most);
      else parts.took(images, atOnce, inferred.ms);
      if (this.#isKept) this.#free.push(session);
      else await session.close();
      return inferred;
    } catch (reason) {
      await session.close();
      throw reason;
    }
  }

  /** Kept by the process, so that the next run does not have to find out again. */
  #partsOf(most: number): QuickestParts {
    const parts = this.#parts.get(most) ?? new QuickestParts(most);
    this.#parts.set(most, parts);
    return parts;
  }

  /** Close them; those in use once they are not. */
  async close(): Promise<void> {
    this.#isKept = false;
    await Promise.all(this.#free.splice(0).map((session) => session.close()));
  }
}

let current: { readonly file: Buffer; readonly sessions: Sessions } | undefined;

/**
 * The sessions of the model that this process works with: those of one file are kept until another one is asked for, since they take
 * several times its size.
 */
export async function sessionsOf(model: RunnableModel): Promise<Sessions> {
  if (current?.file === model.file) return current.sessions;
  const former = current?.sessions;
  const sessions = new Sessions(model);
  current = { file: model.file, sessions };
  await former?.close();
  return sessions;
}
