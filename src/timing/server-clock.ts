import type { ClockOffset } from '../contract/span.ts';
import { agreedOffset, RESOLUTION_MS } from './clock-offset.ts';

/** What was received first, and sent last, of the answers with one date; by our own clock, epoch milliseconds. */
type Second = { readonly theirs: number; firstReceivedAt: number; lastSentAt: number };

/** Older ones are forgotten: clocks drift, and may be set. */
const MOST_SECONDS = 64;

/**
 * Compares a server's clock with our own by the `Date` of its answers, which has whole seconds. An answer that was
 * asked for at `sentAt` and had come at `receivedAt` was dated in between (F. Cristian, "Probabilistic clock
 * synchronization", 1989), so that
 *
 *     Date - receivedAt <= server's clock - ours < Date + 1 s - sentAt
 *
 * All answers together leave much less than that second: one that came just after the second had changed says when it
 * did. Each `Date` is read once, however many answers have it.
 *
 * @example
 * const clock = new ServerClock();
 * clock.observe(response.headers.get('date'), sentAt, Date.now());
 * clock.offset(); // { offsetLowMs: -3, offsetHighMs: 8 }
 */
export class ServerClock {
  readonly #seconds = new Map<string, Second>();

  /** @param date the header; one that is missing or no date says nothing */
  observe(date: string | undefined, sentAt: number, receivedAt: number): void {
    if (date === undefined) return;
    const known = this.#seconds.get(date);
    if (known !== undefined) {
      if (receivedAt < known.firstReceivedAt) known.firstReceivedAt = receivedAt;
      if (sentAt > known.lastSentAt) known.lastSentAt = sentAt;
      return;
    }
    const theirs = Date.parse(date);
    if (Number.isNaN(theirs)) return;
    this.#seconds.set(date, { theirs, firstReceivedAt: receivedAt, lastSentAt: sentAt });
    if (this.#seconds.size > MOST_SECONDS) {
      for (const oldest of this.#seconds.keys()) {
        this.#seconds.delete(oldest);
        break;
      }
    }
  }

  /** The server's clock minus ours. Null before the first answer, and where answers contradict each other. */
  offset(): ClockOffset | null {
    const bounds = Array.from(this.#seconds.values(), ({ theirs, firstReceivedAt, lastSentAt }) => ({
      offsetLowMs: theirs - firstReceivedAt - RESOLUTION_MS,
      offsetHighMs: theirs + 1000 - lastSentAt + RESOLUTION_MS,
    }));
    return agreedOffset(bounds).offset;
  }
}
