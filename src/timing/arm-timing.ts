import type { Arm } from '../contract/arm.ts';
import type { ClockOffset } from '../contract/span.ts';
import { ArmClockLog, type ArmClocks, type ClockedSpan } from './clocks.ts';
import { ColdWarmCounter, type Temperature } from './cold-warm.ts';
import { clip, type Interval } from './interval.ts';
import { type MapBounds, type MapWork, mapWork, type PhaseSpan } from './map-work.ts';
import { type ArmPhases, type ArmWall, armOf, phasesOf } from './phases.ts';
import { type Timeline, TimelineBuilder, type TimelineSpan } from './timeline.ts';

/** The part of a span that the times of an arm are made of, and what its coordinator says of the batch. */
export type TimedSpan = ClockedSpan & PhaseSpan & TimelineSpan;

export interface ArmTimingOptions {
  readonly arm: Arm;
  readonly wall: ArmWall;
  /** What the head of a fleet says of its own clock. @default nothing */
  readonly headClock?: ClockOffset | null | undefined;
  /** When stages were reduced, by their number: by the clock of the state machine or of the head. @default none was */
  readonly reduces?: ReadonlyMap<number, Interval>;
}

/** When a stage was under way: epoch milliseconds by AWS's clock; null where nothing says it. */
export interface StageTimes {
  readonly startedAt: number | null;
  readonly mapEndedAt: number | null;
  readonly reduce: Interval | null;
}

export interface ArmTimes {
  readonly timing: ArmPhases;
  readonly clocks: ArmClocks;
  readonly cold: Temperature;
  readonly warm: Temperature;
  readonly timeline: Timeline;
}

/**
 * The times of an arm, map after map. What it holds grows with the workers, and by some 40 bytes for each batch of each map;
 * spans themselves are held as long as each is drawn.
 */
export class ArmTiming {
  readonly #wall: ArmWall;
  readonly #reduces: ReadonlyMap<number, Interval>;
  readonly #clocks: ArmClockLog;
  readonly #temperatures = new ColdWarmCounter();
  readonly #timeline: TimelineBuilder;
  readonly #maps = new Map<number, MapWork>();

  constructor({ arm, wall, headClock = null, reduces = new Map() }: ArmTimingOptions) {
    this.#clocks = new ArmClockLog(arm, headClock);
    const byHead = (time: number) => time + this.#clocks.headShiftMs;
    const { engineStartedAt } = wall;
    this.#wall = {
      ...wall,
      engineStartedAt: engineStartedAt === undefined ? undefined : byHead(engineStartedAt),
    };
    const within = armOf(wall);
    this.#reduces = new Map(
      Array.from(reduces, ([number, { from, to }]) => [
        number,
        clip({ from: byHead(from), to: byHead(to) }, within),
      ]),
    );
    this.#timeline = new TimelineBuilder(wall);
  }

  /**
   * The spans of a map.
   *
   * @param stage its number; 0 of an arm that is one map
   * @param lost batches that left no span
   */
  add(stage: number, spans: readonly TimedSpan[], lost: number): void {
    const aligned = this.#clocks.align(spans);
    for (const span of aligned) this.#temperatures.add(span);
    this.#timeline.add(aligned);
    this.#maps.set(stage, mapWork(this.#boundsOf(stage), aligned, lost));
  }

  timesOf(stage: number): StageTimes {
    const work = this.#maps.get(stage);
    const window = work === undefined || work.spans === 0 ? null : work.window;
    return {
      startedAt: window?.from ?? null,
      mapEndedAt: window?.to ?? null,
      reduce: this.#reduces.get(stage) ?? null,
    };
  }

  finish(): ArmTimes {
    const maps = [...this.#maps].sort(([a], [b]) => a - b);
    const known = maps.map(([stage, work]) => ({ work, reduce: this.#reduces.get(stage) ?? null }));
    return {
      timing: phasesOf(
        this.#wall,
        known.length > 0 ? known : [{ work: mapWork(this.#boundsOf(0), [], 0), reduce: null }],
      ),
      clocks: this.#clocks.clocks(),
      ...this.#temperatures.totals(),
      timeline: this.#timeline.finish(),
    };
  }

  /** A map begins behind the reduce of the one before, and is over with its own. */
  #boundsOf(stage: number): MapBounds {
    const arm = armOf(this.#wall);
    const before = this.#reduces.get(stage - 1);
    const reduce = this.#reduces.get(stage) ?? null;
    const from = before?.to ?? arm.from;
    const { engineStartedAt } = this.#wall;
    return {
      from,
      to: Math.max(from, reduce?.to ?? arm.to),
      reduce,
      engineStartedAt: before === undefined ? engineStartedAt : undefined,
    };
  }
}
