import { type ArmSetup, slotReadyMs } from './arm-setup.ts';

/** What the closed form says of an arm, in milliseconds. */
export interface Estimate {
  /** From the start of the arm to its end. */
  readonly wallMs: number;
  /** From the first slot to the end of the last batch, or of the last reduce. */
  readonly windowMs: number;
  /** Slot time of all batches and of the starts of slots; where S3 sets the pace, all slots wait for it all the time. */
  readonly busyMs: number;
  /** Slots that were started. */
  readonly started: number;
  /** What keeps the arm from being faster. */
  readonly limit: string;
}

/** To which the window is found. */
const PRECISION = 1e-9;
/** A limit that alone accounts for so much of the window is named, rather than the number of slots. */
const NAMED = 0.95;

/**
 * The time of an arm without randomness. With n batches of b milliseconds, and slot k there at
 *
 *     s(k) = slotStart + max(0, k + 1 - atOnce) / perSecond
 *
 * the window is the least T for which sum over k of floor((T - s(k)) / b) >= n: greedy scheduling of equal jobs, which is
 * exact. It cannot be shorter than what S3 takes for the requests and Step Functions for the starts:
 *
 *     n gets / getsPerSecond,  n puts / putsPerSecond,  n / startsPerSecond + b
 *
 * Several stages are as many windows, of which only the first one waits for slots to start and reads all batches, and what follows
 * each of them.
 */
export function estimate(setup: ArmSetup): Estimate {
  const { batches: n, batchMs, firstMs, endMs, slotStartMs } = setup;
  const slots = Math.min(setup.slots, n);
  const scheduled = leastWindow(setup, slots);
  const ofS3: readonly Bound[] = [
    [slotStartMs + (n * setup.gets * 1000) / setup.getsPerSecond, 'S3 GET rate'],
    [slotStartMs + (n * setup.puts * 1000) / setup.putsPerSecond, 'S3 PUT rate'],
  ];
  const starts: Bound = [slotStartMs + (n * 1000) / setup.startsPerSecond + batchMs, 'Express start rate'];
  const [s3Ms] = longest(ofS3);
  const [boundMs, bound] = longest([...ofS3, starts]);
  const windowMs = Math.max(scheduled, boundMs);
  const started = slotsStarted(setup, slots, windowMs);
  const busyMs = s3Ms >= windowMs ? started * windowMs : n * batchMs + started * slotStartMs;
  const later = laterStage(setup, slots);
  const times = setup.stages - 1;
  const allMs = windowMs + times * later.windowMs + setup.stages * setup.stageMs;
  const wallMs = firstMs + allMs + endMs;
  return {
    wallMs,
    windowMs: allMs,
    busyMs: busyMs + times * later.busyMs,
    started,
    limit: limitOf(setup, { slots, wallMs, windowMs, bound: boundMs * NAMED > scheduled ? bound : null }),
  };
}

/** Of each stage but the first: it finds its slots there, as many as can be, and some batches in memory. */
function laterStage(setup: ArmSetup, slots: number) {
  const { batches: n } = setup;
  const { batchMs, gets } = setup.later;
  const s3Ms = Math.max(
    (n * gets * 1000) / setup.getsPerSecond,
    (n * setup.puts * 1000) / setup.putsPerSecond,
  );
  const startsMs = (n * 1000) / setup.startsPerSecond + batchMs;
  const windowMs = Math.max(Math.ceil(n / slots) * batchMs, s3Ms, startsMs);
  return { windowMs, busyMs: s3Ms >= windowMs ? slots * windowMs : n * batchMs };
}

/** The least time that something takes, and its name. */
type Bound = readonly [ms: number, name: string];

function longest(bounds: readonly Bound[]): Bound {
  return bounds.reduce((most, each) => (each[0] > most[0] ? each : most));
}

interface Found {
  readonly slots: number;
  readonly wallMs: number;
  readonly windowMs: number;
  /** What keeps the window well above what the slots would take. */
  readonly bound: string | null;
}

/** Whatever takes most: what is around the work, a rate, ramping up, or the slots that there are. */
function limitOf(setup: ArmSetup, { slots, wallMs, windowMs, bound }: Found): string {
  const { firstMs, endMs, slotStartMs, hosts, batchMs, stages, stageMs } = setup;
  if (stages * stageMs > wallMs / 2) return 'between stages';
  if (firstMs + endMs + slotStartMs > wallMs / 2) return hosts === null ? 'cold start' : 'instance boot';
  if (bound !== null) return bound;
  if (slots > setup.slotsAtOnce) {
    const atOnce = leastWindow({ ...setup, slotsAtOnce: slots }, slots);
    if (atOnce < NAMED * windowMs) return 'Lambda scale-up';
  }
  if (slots === setup.batches && slots < setup.slots) return 'batch size';
  // Quicker items would help as well, but more functions are for the asking.
  if (setup.slotsLimit === 'account concurrency') return setup.slotsLimit;
  if (setup.waitsForS3 && batchMs > 0) return 'S3 latency';
  return setup.slotsLimit;
}

function leastWindow(setup: ArmSetup, slots: number): number {
  const { batches: n, batchMs, slotStartMs, slotsAtOnce } = setup;
  let high = slotStartMs + Math.ceil(n / Math.min(slots, slotsAtOnce)) * batchMs;
  // All slots are there at once: this is what the search would find.
  if (slots <= slotsAtOnce) return high;
  const ready = Float64Array.from({ length: slots }, (_, k) => slotReadyMs(setup, k));
  const enough = (window: number) => {
    let done = 0;
    for (const from of ready) {
      if (from > window) break;
      done += Math.floor((window - from) / batchMs + PRECISION);
      if (done >= n) return true;
    }
    return false;
  };
  let low = 0;
  while (high - low > PRECISION * high) {
    const middle = (low + high) / 2;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function slotsStarted(setup: ArmSetup, slots: number, windowMs: number): number {
  const { slotsAtOnce, slotsPerSecond } = setup;
  return Math.min(slots, slotsAtOnce + Math.floor((slotsPerSecond * windowMs) / 1000));
}
