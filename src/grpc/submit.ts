import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { type Backoff, backOff } from '../aws/backoff.ts';
import { FanfleetError } from '../errors.ts';
import { connectToHead } from './client.ts';
import type { HeadLocation } from './head-location.ts';
import { RunRequestSchema } from './protocol/head_pb.js';
import type { Tasks } from './task.ts';

export type SubmitOptions = {
  readonly tasks: Tasks;
  readonly locate: () => Promise<HeadLocation>;
  readonly secret: string;
  /** The batches that are done. Asked when the head was lost: it keeps nothing. */
  readonly listDone: () => Promise<ReadonlySet<number>>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** How long the head may be away. */
  readonly patienceMs: number;
  readonly onProgress: (done: number, total: number) => void;
  readonly backoff?: Backoff;
  /** Once it is aborted nobody waits for the job any more. @default it is waited for to its end */
  readonly signal?: AbortSignal;
};

const LONGEST_PAUSE = 5;
const GIVEN_UP = 'Nobody waits for this job any more.';
const STOPPED = 'Expected the head to see the job through but it was told to end.';

/**
 * Have the head do tasks, and wait until all are done. A head that starts again meanwhile gets what is left.
 *
 * @throws FanfleetError `BATCH_FAILED` with the error of the batch, `HEAD_REFUSED`, `HEAD_STOPPED` where it was told to end,
 * `REPLACED` by another submission, `GIVEN_UP` where nobody waits any more, or `HEAD_LOST`
 */
export async function submit(options: SubmitOptions): Promise<void> {
  const { signal } = options;
  const { job, places } = options.tasks;
  let batches = places;
  let awaySince: number | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      const { client, close } = connectToHead(await options.locate(), options.secret);
      try {
        for await (const { done, total, stopped } of client.run(
          create(RunRequestSchema, { job, batches: [...batches] }),
          { ...(signal && { signal }) },
        )) {
          [awaySince, tries] = [undefined, 0];
          options.onProgress(places.length - total + done, places.length);
          if (stopped) throw new FanfleetError('HEAD_STOPPED', STOPPED, { source: 'internal' });
        }
        return;
      } finally {
        close();
      }
    } catch (reason) {
      if (signal?.aborted) throw new FanfleetError('GIVEN_UP', GIVEN_UP, { source: 'user' });
      throwIfFinal(reason);
      awaySince ??= options.now();
      if (options.now() - awaySince > options.patienceMs) {
        const message = `Expected the head within ${options.patienceMs} ms but got: ${FanfleetError.from(reason).message}`;
        throw new FanfleetError('HEAD_LOST', message, { cause: reason, source: 'internal' });
      }
    }
    await backOff(Math.min(tries + 1, LONGEST_PAUSE), options.backoff ?? {});
    const done = await options.listDone();
    batches = places.filter(({ batch }) => !done.has(batch));
    if (batches.length === 0) return;
  }
}

/** Errors that another try would only repeat. */
function throwIfFinal(reason: unknown): void {
  if (FanfleetError.from(reason).code === 'HEAD_STOPPED') throw reason;
  if (!(reason instanceof ConnectError)) return;
  const codes = new Map([
    [Code.FailedPrecondition, 'BATCH_FAILED'],
    [Code.Unauthenticated, 'HEAD_REFUSED'],
    [Code.InvalidArgument, 'INVALID_INPUT'],
    [Code.Aborted, 'REPLACED'],
  ]);
  const code = codes.get(reason.code);
  if (code !== undefined)
    throw new FanfleetError(code, reason.rawMessage, { cause: reason, source: 'internal' });
}
