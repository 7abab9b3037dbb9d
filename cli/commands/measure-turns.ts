import type { Turn } from '../../src/sweep/order.ts';
import type { Context } from '../context.ts';

/** What became of a turn: all that is kept, with it; and what it failed of, if it did. */
export interface Measured<K> {
  readonly kept: K;
  readonly failure: string | null;
}

export interface Turns<K> {
  readonly left: readonly Turn[];
  readonly nameOf: (turn: Turn) => string;
  readonly measure: (kept: K, turn: Turn) => Promise<Measured<K>>;
  readonly write: (kept: K) => Promise<void>;
  /** The command line that does what is missing. */
  readonly goOn: string;
}

/** Make the runs that are left. Each is kept as soon as it is measured, so that none is made twice. */
export async function measureTurns<K>(
  { io }: Pick<Context, 'io'>,
  begun: K,
  { left, nameOf, measure, write, goOn }: Turns<K>,
): Promise<K> {
  let kept = begun;
  try {
    for (const [done, turn] of left.entries()) {
      io.note(`${done + 1} of ${left.length}: ${nameOf(turn)}`);
      const measured = await measure(kept, turn);
      if (measured.failure !== null) io.note(`failed: ${measured.failure}`);
      kept = measured.kept;
      await write(kept);
    }
  } catch (error) {
    io.note(`What was measured is kept; go on with: ${goOn}`);
    throw error;
  }
  return kept;
}
