import { type InferenceBatch, type Inferred, type RunnableModel, Session } from './session.ts';

/**
 * The sessions of a model in this process: one more is opened when a batch finds none free, so there are as many as callers
 * run batches at once.
 */
export class Sessions {
  readonly #model: RunnableModel;
  readonly #free: Session[] = [];
  #isKept = true;

  constructor(model: RunnableModel) {
    this.#model = model;
  }

  /** @throws FanfleetError as `Session` does */
  async run(batch: InferenceBatch): Promise<Inferred> {
    const session = this.#free.pop() ?? (await Session.open(this.#model));
    try {
      const inferred = await session.run(batch);
      if (this.#isKept) this.#free.push(session);
      else await session.close();
      return inferred;
    } catch (reason) {
      await session.close();
      throw reason;
    }
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
