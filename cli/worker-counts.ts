import { invalidInput, problemOf } from '../src/invalid-input.ts';
import { number } from './numbers.ts';

/** The worker counts that a command line lists. */
export interface WorkerCounts {
  /** Of all engines that have no list of their own. */
  readonly workers?: readonly number[] | undefined;
  /** By the name of the engine. */
  readonly workersOf: Readonly<Record<string, readonly number[]>>;
}

/** One `--workers` more: `1,2,4` of all engines, or `ray=2,3,4` of one of them. */
export interface WorkerList {
  /** Null for all engines. */
  readonly engine: string | null;
  readonly counts: readonly number[];
}

/** @throws InvalidArgumentError for what is no number */
export function addWorkerList(text: string, before: readonly WorkerList[] = []): WorkerList[] {
  const equals = text.indexOf('=');
  const engine = equals < 0 ? null : text.slice(0, equals);
  const counts = text
    .slice(equals + 1)
    .split(',')
    .map(number);
  return [...before, { engine, counts }];
}

/**
 * The lists by what they are of.
 *
 * @param engines that are measured
 * @throws FanfleetError `INVALID_INPUT` for two lists of the same, and one of an engine that is not measured
 */
export function workerCounts(lists: readonly WorkerList[], engines: readonly string[]): WorkerCounts {
  const byEngine = Map.groupBy(lists, ({ engine }) => engine);
  const problems = [...byEngine].flatMap(([engine, own]) => {
    const received = own.map((list) => list.counts.join(','));
    if (own.length > 1) return problemOf(`one list ${of(engine)}`, 'workers', received);
    if (engine !== null && !engines.includes(engine)) {
      return problemOf(
        `counts of one of the engines ${engines.join(', ')}`,
        'workers',
        `${engine}=${received}`,
      );
    }
    return [];
  });
  if (problems.length > 0) throw invalidInput('The sweep', problems);
  const counts = lists.flatMap((list) => (list.engine === null ? [] : [[list.engine, list.counts] as const]));
  return { workers: byEngine.get(null)?.[0]?.counts, workersOf: Object.fromEntries(counts) };
}

function of(engine: string | null): string {
  return engine === null ? 'for all engines' : `of ${engine}`;
}
