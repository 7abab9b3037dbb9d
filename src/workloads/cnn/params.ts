import { readFields } from '../../fields.ts';

export const NETWORKS = ['small', 'resnet18'] as const;
export type Network = (typeof NETWORKS)[number];

export const MOST_ROUNDS = 200;
export const MOST_STEPS = 1000;
export const MOST_SHARDS = 200;

/** Images of a step, and of an evaluation, and most classes: those of the graphs (scripts/training-graphs/networks.py). */
export const BATCH = 32;
export const MOST_CLASSES = 100;

/** The folder of a stage with what each batch has learnt. */
export const LEARNT = 'learnt';

/** What whoever trains, reduces a stage, or makes the answer needs of the settings; read without zod. */
export interface CnnWork {
  readonly rounds: number;
  readonly steps: number;
  readonly rate: number;
  readonly momentum: number;
  readonly seed: number;
}

/** @throws FanfleetError `INVALID_INPUT` */
export function readCnn(params: Readonly<Record<string, unknown>>): CnnWork {
  return readFields(params, 'The workload cnn', (fields) => ({
    rounds: fields.integer('rounds', 1, MOST_ROUNDS),
    steps: fields.integer('steps', 1, MOST_STEPS),
    rate: fields.take('rate', 'number of more than 0 and at most 1', isRate, 1),
    momentum: fields.take('momentum', 'number of at least 0 and less than 1', isMomentum, 0),
    seed: fields.integer('seed', 0, 2 ** 32 - 1),
  }));
}

/** Stages: the rounds, and one in which the images are evaluated by what was learnt. */
export function stagesOf({ rounds }: Pick<CnnWork, 'rounds'>): number {
  return rounds + 1;
}

function isRate(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value <= 1;
}

function isMomentum(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 1;
}
