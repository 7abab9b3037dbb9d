import { type ClockOffset, isKept, type Span } from '../contract/span.ts';
import type { Reduced } from '../contract/stage.ts';
import { ArmTiming, type TimedSpan } from '../timing/arm-timing.ts';
import { WorkCounter } from '../timing/workers.ts';
import type { ProblemLog } from '../workloads/problems.ts';
import type { ArmAggregate } from './arm-aggregate.ts';
import { UseCounter } from './arm-use.ts';
import { SeenReader } from './seen.ts';
import { timedSpan } from './spans.ts';
import type { ArmPlace, StageTimesOfRound } from './stages.ts';

/** When an arm was, and on whose clocks its times are. */
export interface MeasuredArm extends ArmPlace {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly engineStartedAt?: number | undefined;
  readonly headClock?: ClockOffset | null | undefined;
  /** Batches and reduces that were begun before were taken over. @default none were */
  readonly resumedAt?: number | undefined;
}

/** Takes the spans of a map, in any order. */
export interface MapSpans {
  /**
   * @param reads GETs that its items take, where the span does not tell
   * @param bytes of the files of the batch
   */
  add(reads: number, span: Span, bytes: number): void;
  /** After the last one. @param batches of the manifest */
  end(batches: number): void;
}

type Measures = Pick<
  ArmAggregate,
  | 'batchesTakenOver'
  | 'droppedBits'
  | 'stages'
  | 'timing'
  | 'clocks'
  | 'cold'
  | 'warm'
  | 'work'
  | 'use'
  | 'timeline'
>;

type MapCounts = Pick<StageTimesOfRound, 'stage' | 'batches' | 'batchesTakenOver' | 'cpuMs' | 'kept'>;

/** What the spans of an arm add up to, map after map. */
export class ArmMeasures {
  readonly #resumedAt: number;
  readonly #reduced: ReadonlyMap<number, Reduced>;
  /** Of them those that no earlier run did. */
  readonly #own: ReadonlyMap<number, Reduced>;
  readonly #seen: SeenReader;
  readonly #timing: ArmTiming;
  readonly #work = new WorkCounter();
  readonly #use = new UseCounter();
  readonly #stages: MapCounts[] = [];
  #takenOver = 0;
  #droppedBits = 0;

  /** @param reduced the stages that were reduced; none of an arm that is a single map */
  constructor(arm: MeasuredArm, reduced: readonly Reduced[], log: ProblemLog) {
    const { resumedAt = Number.NEGATIVE_INFINITY, headClock } = arm;
    this.#resumedAt = resumedAt;
    this.#reduced = new Map(reduced.map((each) => [each.stage, each]));
    this.#own = new Map([...this.#reduced].filter(([, each]) => each.startedAt >= resumedAt));
    this.#seen = new SeenReader(arm, log);
    const reduces = new Map(
      Array.from(this.#own, ([stage, each]) => [stage, { from: each.startedAt, to: each.endedAt }]),
    );
    this.#timing = new ArmTiming({ arm: arm.arm, wall: arm, headClock, reduces });
  }

  /** Whether all batches of a stage were there at some time. */
  isReduced(stage = 0): boolean {
    return this.#reduced.has(stage);
  }

  /** @param stage undefined where the map is the only one */
  async beginMap(stage: number | undefined): Promise<MapSpans> {
    const seen = await this.#seen.of(stage);
    const spans: TimedSpan[] = [];
    const counts = { batches: 0, batchesTakenOver: 0, cpuMs: 0, kept: 0 };
    return {
      add: (reads, span, bytes) => {
        counts.batches += 1;
        this.#droppedBits += stage === undefined || stage === 0 ? span.droppedBits : 0;
        if (span.startedAt < this.#resumedAt) {
          counts.batchesTakenOver += 1;
          return;
        }
        counts.cpuMs += span.cpuMs;
        counts.kept += isKept(span) ? 1 : 0;
        this.#work.add(span);
        this.#use.add(reads, span, bytes);
        spans.push(timedSpan(span, seen.get(span.batch)));
      },
      end: (batches) => {
        this.#takenOver += counts.batchesTakenOver;
        // Nothing says that a stage was begun.
        if (stage !== undefined && stage > 0 && counts.batches === 0 && !this.isReduced(stage)) return;
        const lost = batches - counts.batchesTakenOver - spans.length;
        const isTakenOver = spans.length === 0 && lost === 0 && !this.#own.has(stage ?? 0);
        if (!isTakenOver) this.#timing.add(stage ?? 0, spans, lost);
        if (stage !== undefined) this.#stages.push({ stage, ...counts });
      },
    };
  }

  finish(): Measures {
    return {
      batchesTakenOver: this.#takenOver,
      droppedBits: this.#droppedBits,
      stages: this.#stages.sort((a, b) => a.stage - b.stage).map((stage) => this.#withTimes(stage)),
      work: this.#work.totals(),
      use: this.#use.totals(),
      ...this.#timing.finish(),
    };
  }

  #withTimes(counts: MapCounts): StageTimesOfRound {
    const { startedAt, mapEndedAt, reduce } = this.#timing.timesOf(counts.stage);
    return {
      ...counts,
      isReduced: this.isReduced(counts.stage),
      startedAt,
      mapEndedAt,
      reducedAt: reduce?.to ?? null,
      reduceMs: reduce === null ? null : reduce.to - reduce.from,
      reduceCpuMs: this.#own.get(counts.stage)?.cpuMs ?? null,
    };
  }
}
