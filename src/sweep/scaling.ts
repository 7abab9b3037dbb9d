/** How a time changes with the workers, against the fewest workers that were measured. */
export interface Scaling {
  /** Time of the fewest workers over this time. */
  readonly speedup: number;
  /** Speedup over how many times more workers there are: 1 is ideal. */
  readonly efficiency: number;
  /** Part of the work that does not get faster with workers, as measured; null where there are no more workers. */
  readonly serialFraction: number | null;
}

export interface TimedWorkers {
  readonly workers: number;
  readonly ms: number;
}

/**
 * Speedup, efficiency and the experimentally determined serial fraction
 *
 *     S = T(base) / T,   E = S / p,   e = (1/S - 1/p) / (1 - 1/p),   p = workers / base workers
 *
 * where e is Amdahl's serial fraction solved for what was measured (Karp and Flatt, "Measuring Parallel Processor
 * Performance", CACM 33(5), 1990, pp. 539-543). An e that grows with p says that it is overhead which grows, and not
 * work that is serial; one below 0, that the speedup was more than linear.
 *
 * @throws RangeError unless both times and worker counts are above 0
 */
export function scalingOf(base: TimedWorkers, measured: TimedWorkers): Scaling {
  if (![base.workers, base.ms, measured.workers, measured.ms].every((value) => value > 0)) {
    throw new RangeError('Expected times and worker counts above 0.');
  }
  const speedup = base.ms / measured.ms;
  const times = measured.workers / base.workers;
  return {
    speedup,
    efficiency: speedup / times,
    serialFraction: times === 1 ? null : (1 / speedup - 1 / times) / (1 - 1 / times),
  };
}
