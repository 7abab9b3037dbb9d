import * as z from 'zod';
import type { Arm } from '../contract/arm.ts';
import type { ClockOffset, Span } from '../contract/span.ts';
import { spread } from '../statistics/median.ts';
import { agreedOffset, provenSkew, RESOLUTION_MS } from './clock-offset.ts';
import { byName } from './workers.ts';

/** A clock is taken for wrong, and its times are corrected, where it is off by more than this for certain. */
export const SKEW_MS = 50;
/** How many hosts are listed one by one: those whose clocks are most wrong. */
export const MOST_CLOCKS = 64;

const spreadSchema = z.object({ median: z.number(), min: z.number(), max: z.number() });
const count = z.int().nonnegative();
const hostClockSchema = z.object({
  host: z.string(),
  batches: count,
  /** S3's clock minus this host's; null where nothing says it, or what says it contradicts itself. */
  offsetLowMs: z.number().nullable(),
  offsetHighMs: z.number().nullable(),
  /**
   * What was added to its times: the middle of the bounds, where its clock is wrong for certain; else 0. Of several stages,
   * each of which is corrected by its own batches, the most.
   */
  correctedByMs: z.number(),
});

/** How far the clocks of an arm can be trusted, and what was done about it (docs/clocks.md). */
export const armClocksSchema = z.object({
  /** Who gave out the batches and saw their results. */
  coordinator: z.enum(['state machine', 'head']),
  /** Batches of which it says when it saw their results. */
  seenBatches: count,
  /** The hosts whose clocks are most wrong, in order of their names; the head of a fleet is one of them. */
  hosts: z.array(hostClockSchema),
  hostCount: count,
  /** Hosts of whose clocks nothing is known. */
  unknownHosts: count,
  /** The most that a clock is wrong for certain. */
  largestSkewMs: z.number().nonnegative(),
  /** Whether any time was corrected. */
  corrected: z.boolean(),
  /** Bounds on offsets, and those of them that contradict the majority: their clocks were set meanwhile, or lie. */
  bounds: count,
  contradictions: count,
  /** From queued to started without the cold start, and from ended to seen; over batches, after the correction. */
  queueMs: spreadSchema.nullable(),
  returnMs: spreadSchema.nullable(),
});
export type ArmClocks = z.infer<typeof armClocksSchema>;

/** A span, and what its coordinator says of the batch: epoch milliseconds, null where it does not say. */
export type ClockedSpan = Pick<Span, 'worker' | 'queuedAt' | 'startedAt' | 'endedAt' | 'coldStartMs'> & {
  readonly clock?: ClockOffset | null | undefined;
  readonly givenAt: number | null;
  readonly seenAt: number | null;
};

type HostClock = {
  readonly offset: ClockOffset | null;
  readonly shiftMs: number;
  readonly batches: number;
  readonly bounds: number;
  readonly agreeing: number;
};

/**
 * Estimate how far the clock of each host is from AWS's, and put all times onto that one clock where a host's is wrong
 * for certain: map after map, each by its own batches.
 *
 * A batch bounds the offset of its worker twice: by the dates of S3's answers, and by its coordinator, since it was
 * given out before it started and ended before its result was seen. Step Functions has AWS's clock itself, as S3 has; a
 * head has one of its own.
 *
 * Holds some numbers for each host and map, and 16 bytes for each batch.
 */
export class ArmClockLog {
  readonly #arm: Arm;
  readonly #coordinator: HostClock | null;
  readonly #hosts = new Map<string, HostClock[]>();
  readonly #queueMs: number[] = [];
  readonly #returnMs: number[] = [];

  /** @param head what the head says of its own clock; for the serverless arm it does not count */
  constructor(arm: Arm, head: ClockOffset | null = null) {
    this.#arm = arm;
    this.#coordinator = arm === 'fleet' ? hostClock(head === null ? [] : [head], 0) : null;
  }

  /** By how much the head's times are to be moved. */
  get headShiftMs(): number {
    return this.#coordinator?.shiftMs ?? 0;
  }

  /** The spans of a map, in their order. */
  align<S extends ClockedSpan>(spans: readonly S[]): S[] {
    const base = this.#coordinator === null ? { offsetLowMs: 0, offsetHighMs: 0 } : this.#coordinator.offset;
    const shifts = new Map<string, number>();
    for (const [host, own] of Map.groupBy(spans, (span) => hostOf(this.#arm, span.worker))) {
      const bounds = own.flatMap((span) => boundsOf(span, base));
      const clock = hostClock(bounds, own.length);
      shifts.set(host, clock.shiftMs);
      const before = this.#hosts.get(host);
      if (before === undefined) this.#hosts.set(host, [clock]);
      else before.push(clock);
    }
    const aligned = spans.map((span) =>
      moved(span, shifts.get(hostOf(this.#arm, span.worker)) ?? 0, this.headShiftMs),
    );
    for (const { startedAt, coldStartMs, queuedAt, givenAt, seenAt, endedAt } of aligned) {
      this.#queueMs.push(Math.max(0, startedAt - coldStartMs - (givenAt ?? queuedAt)));
      if (seenAt !== null) this.#returnMs.push(Math.max(0, seenAt - endedAt));
    }
    return aligned;
  }

  /** What was found of all maps. */
  clocks(): ArmClocks {
    const hosts = new Map(Array.from(this.#hosts, ([host, own]) => [host, ofAllMaps(own)]));
    const all = this.#coordinator === null ? hosts : new Map([['head', this.#coordinator], ...hosts]);
    return {
      ...describe(this.#arm, all),
      seenBatches: this.#returnMs.length,
      queueMs: spreadOf(this.#queueMs),
      returnMs: spreadOf(this.#returnMs),
    };
  }
}

/** Of a host that took part in several maps: the offset that most of them agree on, and the largest correction. */
function ofAllMaps(own: readonly HostClock[]): HostClock {
  const [only] = own;
  if (own.length === 1 && only !== undefined) return only;
  const offsets = own.flatMap(({ offset }) => offset ?? []);
  const shifts = own.map(({ shiftMs }) => shiftMs);
  return {
    offset: agreedOffset(offsets).offset,
    shiftMs: shifts.reduce((most, shift) => (Math.abs(shift) > Math.abs(most) ? shift : most), 0),
    batches: sum(own, ({ batches }) => batches),
    bounds: sum(own, ({ bounds }) => bounds),
    agreeing: sum(own, ({ agreeing }) => agreeing),
  };
}

/** Processes of an instance share its clock; a Lambda environment is a host. */
function hostOf(arm: Arm, worker: string): string {
  return arm === 'fleet' ? (worker.split('/', 1)[0] ?? worker) : worker;
}

/**
 * What one batch says of its worker's offset o to AWS's clock. With b of its coordinator, `givenAt + b <= startedAt + o`
 * and `endedAt + o <= seenAt + b`; what is not known bounds nothing.
 */
function boundsOf(span: ClockedSpan, base: ClockOffset | null): ClockOffset[] {
  const bounds: ClockOffset[] = span.clock ? [span.clock] : [];
  if (base === null || span.endedAt < span.startedAt) return bounds;
  // Of a batch that was done twice, or taken over, the one that was seen is not the one that left the span.
  const givenAt = span.givenAt ?? span.queuedAt;
  bounds.push({
    offsetLowMs: givenAt + base.offsetLowMs - span.startedAt - RESOLUTION_MS,
    offsetHighMs:
      span.seenAt === null
        ? Number.POSITIVE_INFINITY
        : span.seenAt + base.offsetHighMs - span.endedAt + RESOLUTION_MS,
  });
  return bounds;
}

function hostClock(bounds: readonly ClockOffset[], batches: number): HostClock {
  const { offset, agreeing } = agreedOffset(bounds);
  // Bounded on one side only, it says that the clock is wrong, but not by how much.
  const known = offset !== null && Number.isFinite(offset.offsetHighMs) ? offset : null;
  const isWrong = known !== null && Math.abs(provenSkew(known)) > SKEW_MS;
  const shiftMs = isWrong ? (known.offsetLowMs + known.offsetHighMs) / 2 : 0;
  return { offset: known, shiftMs, batches, bounds: bounds.length, agreeing };
}

function moved<S extends ClockedSpan>(span: S, shiftMs: number, headShiftMs: number): S {
  if (shiftMs === 0 && headShiftMs === 0) return span;
  const byHead = (time: number | null) => (time === null ? null : time + headShiftMs);
  return {
    ...span,
    queuedAt: span.queuedAt + headShiftMs,
    givenAt: byHead(span.givenAt),
    seenAt: byHead(span.seenAt),
    startedAt: span.startedAt + shiftMs,
    endedAt: span.endedAt + shiftMs,
  };
}

function describe(
  arm: Arm,
  hosts: ReadonlyMap<string, HostClock>,
): Omit<ArmClocks, 'seenBatches' | 'queueMs' | 'returnMs'> {
  const skews = Array.from(hosts, ([host, clock]) => ({
    host,
    clock,
    skewMs: clock.offset === null ? 0 : Math.abs(provenSkew(clock.offset)),
  })).sort((a, b) => b.skewMs - a.skewMs || b.clock.batches - a.clock.batches);
  const clocks = skews.map(({ clock }) => clock);
  return {
    coordinator: arm === 'fleet' ? 'head' : 'state machine',
    hosts: skews
      .slice(0, MOST_CLOCKS)
      .sort((a, b) => byName(a.host, b.host))
      .map(({ host, clock: { offset, shiftMs, batches } }) => ({
        host,
        batches,
        offsetLowMs: offset?.offsetLowMs ?? null,
        offsetHighMs: offset?.offsetHighMs ?? null,
        correctedByMs: shiftMs,
      })),
    hostCount: hosts.size,
    unknownHosts: clocks.filter(({ offset }) => offset === null).length,
    largestSkewMs: skews[0]?.skewMs ?? 0,
    corrected: clocks.some(({ shiftMs }) => shiftMs !== 0),
    bounds: sum(clocks, ({ bounds }) => bounds),
    contradictions: sum(clocks, ({ bounds, agreeing }) => bounds - agreeing),
  };
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

function spreadOf(values: readonly number[]): z.infer<typeof spreadSchema> | null {
  return values.length === 0 ? null : spread(values);
}
