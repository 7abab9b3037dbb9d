/** What is left of a job, who does it, and within which limits it may be hurried. Times are seconds from now. */
export type Demand = {
  /** Batches that are left. */
  readonly batches: number;
  /** How many of them can be done at the same time: those of a stage wait for all of the one before. */
  readonly atOnce: number;
  /** Batches per second of one worker; 0 while it is not known. */
  readonly rate: number;
  /** Until the job should be done; not positive if that time is over. */
  readonly secondsLeft: number;
  /** Until the job is stopped, whatever is left of it. */
  readonly secondsToEnd: number;
  /** From the call for a worker until it works. */
  readonly bootSeconds: number;
  /** Workers that work. */
  readonly workers: number;
  /** Of each worker that is on its way, how long it still takes. */
  readonly booting: readonly number[];
  readonly min: number;
  readonly max: number;
};

/** More workers than needed are kept while they are fewer than this part too many: rates vary. */
const SLACK = 0.25;

/**
 * How many workers, those on their way included, finish the job in time. None is called that would find the job done or
 * stopped; if the time cannot be kept, all that may be are called.
 *
 * @returns a whole number from `min` to `max`; what there is already while no rate is known
 */
export function desiredWorkers(demand: Demand): number {
  const { batches, atOnce, rate, secondsLeft, secondsToEnd, bootSeconds, workers, min, max } = demand;
  const clamp = (count: number) => Math.min(Math.max(count, min), max);
  const arrivals = [...new Array<number>(workers).fill(0), ...demand.booting.toSorted((a, b) => a - b)];
  const there = arrivals.length;
  if (batches === 0) return clamp(0);
  if (rate <= 0) return clamp(Math.max(there, 1));
  const work = batches / rate;
  const most = Math.min(max, Math.max(there, atOnce));
  while (arrivals.length < most) arrivals.push(bootSeconds);
  let needed = 1;
  while (needed <= most && finishSeconds(work, arrivals.slice(0, needed)) > secondsLeft) needed += 1;
  if (needed <= there) return clamp(Math.min(Math.ceil(needed * (1 + SLACK)), there));
  const isTooLate =
    bootSeconds >= secondsToEnd || finishSeconds(work, arrivals.slice(0, there)) <= bootSeconds;
  return clamp(isTooLate ? there : Math.min(needed, most));
}

/**
 * When workers that arrive one after the other have done what one of them does in `work` seconds: with k of them,
 * each t - a_i seconds at work, t = (work + a_1 + … + a_k) / k, for the first k whose t is before the next arrives.
 *
 * @param arrivals seconds from now, ascending
 */
export function finishSeconds(work: number, arrivals: readonly number[]): number {
  let sum = work;
  for (const [index, arrival] of arrivals.entries()) {
    sum += arrival;
    const seconds = sum / (index + 1);
    if (seconds <= (arrivals[index + 1] ?? Number.POSITIVE_INFINITY)) return seconds;
  }
  return Number.POSITIVE_INFINITY;
}
