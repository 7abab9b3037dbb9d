import { Code, ConnectError } from '@connectrpc/connect';
import { type Backoff, backOff } from '../../aws/backoff.ts';
import { FanfleetError } from '../../errors.ts';
import type { HeadLocation } from '../head-location.ts';
import type { BatchWork } from './batch-work.ts';
import { LeaseRunner } from './lease-runner.ts';
import { Session, type SessionOptions } from './session.ts';

export type WorkerOptions = SessionOptions & {
  /** Asked before each connection: a head that has started again has another certificate. */
  readonly locate: () => Promise<HeadLocation>;
  readonly work: BatchWork;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** How long the head may be away, at the start and later. */
  readonly patienceMs: number;
  /** Told why a connection ended or could not be made, before the next one is tried. */
  readonly onLost?: (reason: FanfleetError) => void;
  /** @default 2,000 ms */
  readonly heartbeatMs?: number;
  readonly backoff?: Backoff;
};

const HEARTBEAT_MS = 2_000;
/** The pauses between tries grow no longer after so many: the head, once it is back, shall not wait for its workers. */
const LONGEST_PAUSE = 5;
/** Until it has joined, so many tries are made before the pauses grow: head and workers boot at the same time. */
const TRIES_OF_BOOT = 20;

/**
 * Be a worker until the head lets it go: it wanted to leave, or the head ends.
 *
 * @throws FanfleetError `HEAD_REFUSED` where the secret is wrong, `HEAD_LOST` where the head was away for too long
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { now, leave, patienceMs } = options;
  let session: Session | undefined;
  const report = () => session?.report();
  const runner = new LeaseRunner({ slots: options.slots, work: options.work, now, onNews: report });
  let awaySince = now();
  let tries = 0;
  let hasJoined = false;
  const onJoined = () => {
    tries = 0;
    hasJoined = true;
    options.onJoined();
  };
  leave.addEventListener('abort', report);
  const beating = setInterval(report, options.heartbeatMs ?? HEARTBEAT_MS);
  try {
    for (;;) {
      try {
        const location = await options.locate();
        session = new Session({ ...options, onJoined }, runner);
        if (await session.run(location)) return;
        throw new FanfleetError('HEAD_LOST', 'The head has closed the connection.', { source: 'internal' });
      } catch (reason) {
        if (reason instanceof ConnectError && reason.code === Code.Unauthenticated) {
          throw new FanfleetError('HEAD_REFUSED', reason.rawMessage, { cause: reason, source: 'user' });
        }
        if (tries === 0) awaySince = now();
        const awayMs = now() - awaySince;
        const lost = FanfleetError.from(reason, 'internal');
        options.onLost?.(lost);
        if (awayMs > patienceMs) {
          const message = `Expected the head within ${patienceMs} ms but got: ${lost.message}`;
          throw new FanfleetError('HEAD_LOST', message, { cause: reason, source: 'internal' });
        }
        // Without a head there is nobody to leave; what is done lies in S3.
        if (leave.aborted && runner.isIdle) return;
      }
      tries += 1;
      const step = hasJoined ? tries : Math.ceil(tries / TRIES_OF_BOOT);
      await backOff(Math.min(step, LONGEST_PAUSE), options.backoff ?? {});
    }
  } finally {
    clearInterval(beating);
    leave.removeEventListener('abort', report);
  }
}
