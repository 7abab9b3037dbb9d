import { FanfleetError } from '../errors.ts';
import { roundOrder } from '../statistics/round-order.ts';
import type { Case } from './case.ts';
import type { Took } from './took.ts';

/** A pipeline with what it took in each round that it ended in, and why it did not in others. */
export interface Lane {
  readonly one: Case;
  readonly took: readonly Took[];
  readonly failures: readonly string[];
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  /** What the others have to have found, by the pipeline that was warmed up with. */
  readonly expected: Pick<Took, 'digest' | 'images'>;
  readonly signal?: AbortSignal;
  /** Told before each run. */
  readonly onTurn?: (one: Case, done: number, of: number) => void;
  /** Told behind each run. */
  readonly onDone?: (one: Case, took: Took | FanfleetError) => void;
  /** Told behind each round what there is by then. */
  readonly onRound?: (lanes: readonly Lane[], rounds: number) => void;
}

/**
 * Run each pipeline once a round. Those of a group run one straight after the other, so that what slows the machine down for a while slows
 * all of them; the groups in another order each time, and each group backwards every second time. One that fails, or finds other labels,
 * fails alone.
 *
 * @param run classifies all images with these switches on
 * @throws the reason of the signal
 */
export async function measureCases(
  groups: readonly (readonly Case[])[],
  run: (switches: readonly string[]) => Promise<Took>,
  { rounds, seed, expected, signal, onTurn, onDone, onRound }: RoundsOptions,
): Promise<readonly Lane[]> {
  const laneOf = (one: Case) => ({ one, took: [] as Took[], failures: [] as string[] });
  const grouped = groups.map((group) => group.map(laneOf));
  const lanes = grouped.flat();
  let done = 0;
  const play = async ({ one, took, failures }: (typeof lanes)[number]) => {
    signal?.throwIfAborted();
    onTurn?.(one, done, rounds * lanes.length);
    try {
      const ran = await run(one.switches);
      expectSame(ran, expected);
      took.push(ran);
      onDone?.(one, ran);
    } catch (reason) {
      signal?.throwIfAborted();
      const error = FanfleetError.from(reason);
      failures.push(error.message);
      onDone?.(one, error);
    }
    done += 1;
  };
  for (let round = 1; round <= rounds; round += 1) {
    for (const group of roundOrder(grouped, seed, round)) {
      for (const lane of round % 2 === 0 ? group.toReversed() : group) await play(lane);
    }
    onRound?.(lanes, round);
  }
  return lanes;
}

/** What a pipeline took, where it ended in all rounds: its rounds would be others than those it stands beside. */
export function wholeLane(lanes: readonly Lane[], one: Case, rounds: number): readonly Took[] | null {
  const took = lanes.find((lane) => lane.one === one)?.took ?? [];
  return took.length === rounds ? took : null;
}

function expectSame(ran: Took, expected: Pick<Took, 'digest' | 'images'>): void {
  if (ran.images === expected.images && ran.digest === expected.digest) return;
  const message =
    ran.images === expected.images
      ? 'Expected the labels that the pipeline without switches found but it found others.'
      : `Expected rows of ${expected.images} images but it wrote ${ran.images}.`;
  throw new FanfleetError('LABELS_DIFFER', message, { source: 'internal' });
}
