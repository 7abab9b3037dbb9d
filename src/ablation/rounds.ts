import { FanfleetError } from '../errors.ts';
import { inTurn } from '../statistics/round-order.ts';
import { type Case, caseKey } from './case.ts';
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
 * Run each pipeline once a round, in another order each time. One that fails, or finds other labels, fails alone.
 *
 * @param run classifies all images with these switches on
 * @throws the reason of the signal
 */
export async function measureCases(
  cases: readonly Case[],
  run: (switches: readonly string[]) => Promise<Took>,
  { rounds, seed, expected, signal, onTurn, onDone, onRound }: RoundsOptions,
): Promise<readonly Lane[]> {
  const lanes = [...new Map(cases.map((one) => [caseKey(one), one])).values()].map((one) => ({
    one,
    took: [] as Took[],
    failures: [] as string[],
  }));
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
  await inTurn(lanes, { rounds, seed }, play, (round) => onRound?.(lanes, round));
  return lanes;
}

/** What a pipeline took, where it ended in all rounds: its rounds would be others than those it stands beside. */
export function wholeLane(lanes: readonly Lane[], one: Case, rounds: number): readonly Took[] | null {
  const took = lanes.find((lane) => caseKey(lane.one) === caseKey(one))?.took ?? [];
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
