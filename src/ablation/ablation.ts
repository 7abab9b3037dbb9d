import type { Case, Side } from './case.ts';
import { type Figure, foundText, ratioOf } from './figures.ts';
import { type Lane, wholeLane } from './rounds.ts';
import { aloneTable, togetherTable } from './tables.ts';

/** What was measured: pipelines together, and switches alone. */
export interface Ablation {
  readonly engine: string;
  readonly model: string;
  readonly images: number;
  readonly workers: number;
  /** That are over. */
  readonly rounds: number;
  readonly seed: number;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    /** Of the last minute: before it began, and now. */
    readonly load: readonly [before: number, now: number];
  };
  readonly together: readonly Case[];
  readonly alone: readonly Side[];
  /** Of these very cases. */
  readonly lanes: readonly Lane[];
}

/** For people, as Markdown. A pipeline that failed in a round is in no table. */
export function ablationText(ablation: Ablation, figures: readonly Figure[]): string {
  const { engine, model, images, workers, rounds, seed, machine, lanes } = ablation;
  const [before, now] = machine.load;
  const shown = ablation.together.flatMap((one) => {
    const took = wholeLane(lanes, one, rounds);
    return took === null ? [] : [{ ...one, took }];
  });
  const rows = pairsOf(ablation);
  return [
    `${engine}, ${workers} workers, the model ${model}, ${images} images, ${rounds} rounds, seed ${seed}; ${machine.processor}, ${machine.cores} cores, load ${before.toFixed(1)} before and ${now.toFixed(1)} after.\n`,
    ...(shown.length === 0 ? [] : [togetherTable(shown, figures)]),
    ...(rows.length === 0 ? [] : [aloneTable(rows, figures)]),
    ...lanes.flatMap(({ one, failures }) => failures.map((why) => `${one.title} could not do it: ${why}\n`)),
  ].join('\n');
}

/** For programs. */
export function ablationJson({ together, alone, lanes, ...facts }: Ablation, figures: readonly Figure[]) {
  const whole = (one: Case) => wholeLane(lanes, one, facts.rounds);
  return {
    ...facts,
    together: together.map((one) => ({ ...one, took: whole(one) })),
    alone: alone.map((side) => {
      const { one, with: having, without } = side;
      const [took, beside] = [whole(having), whole(without)];
      const ratio = (of: Figure['of']) =>
        took === null || beside === null ? null : ratioOf(of, took, beside);
      return {
        name: one.name,
        ...{ what: one.what, expected: one.expected, needs: one.needs },
        found: foundText(ratio(({ cpuSeconds }) => cpuSeconds)),
        ratios: Object.fromEntries(figures.map(({ name, of }) => [name, ratio(of)])),
        ...{ with: took, without: beside },
      };
    }),
    failures: lanes.flatMap(({ one, failures }) => failures.map((why) => ({ ...one, why }))),
  };
}

function pairsOf({ alone, lanes, rounds }: Ablation) {
  return alone.flatMap((side) => {
    const [having, without] = [wholeLane(lanes, side.with, rounds), wholeLane(lanes, side.without, rounds)];
    return having === null || without === null ? [] : [{ one: side.one, with: having, without }];
  });
}
