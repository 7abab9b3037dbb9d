import * as z from 'zod';
import { armSchema } from '../contract/arm.ts';
import { engineSchema } from '../contract/engines.ts';
import { MARKETS } from '../contract/market.ts';
import { STRATEGIES } from '../run/advice-request.ts';
import { WORKLOAD_NAMES } from '../workloads/names.ts';

const positive = z.number().positive();

/** What is set for an arm, by the names of the request. */
export const settingsSchema = z.discriminatedUnion('arm', [
  z.object({
    arm: z.literal('serverless'),
    memory: z.int(),
    architecture: z.enum(['x86_64', 'arm64']),
    batchSize: z.int(),
    concurrency: z.int(),
  }),
  z.object({
    arm: z.literal('fleet'),
    engine: engineSchema,
    workers: z.int(),
    instanceType: z.string(),
    market: z.enum(MARKETS),
    batchSize: z.int(),
  }),
]);

/** An arm with its settings, and what it would take. */
export const choiceSchema = z.object({
  settings: settingsSchema,
  label: z.string(),
  /** Of the arm, from its start to its end. */
  seconds: positive,
  usd: z.number().nonnegative(),
  /** What keeps it from being faster. */
  limit: z.string(),
});
export type Choice = z.infer<typeof choiceSchema>;

/** Whatever makes another arm the better one when it changes. */
export const FLIPS = ['items', 'deadlineSeconds', 'budgetUsd', 'weight', 'instancePrice'] as const;
export type FlipName = (typeof FLIPS)[number];

/** A value at which the advice goes to the other arm, all else being the same. */
export const flipSchema = z.object({
  what: z.enum(FLIPS),
  /** Of `instancePrice`, how many times the price of today. At `from` it is still `below`, from `at` on `above`. */
  from: z.number().nonnegative(),
  at: positive,
  /** Null: nothing keeps to the limits. */
  below: armSchema.nullable(),
  above: armSchema.nullable(),
});
export type Flip = z.infer<typeof flipSchema>;

export const REASONS = ['deadline', 'budget', 'batch time'] as const;

/** Candidates of an arm that a limit keeps out; one that passes several counts for the first. */
export const refusalSchema = z.object({
  arm: armSchema,
  reason: z.enum(REASONS),
  candidates: z.int().positive(),
  /** The one of them that would be advised if it were not for the limits. */
  best: choiceSchema,
});
export type Refusal = z.infer<typeof refusalSchema>;

/** `advice` of summary.json; docs/advice.md says how it is found. */
export const adviceSchema = z.object({
  /** In one sentence. */
  sentence: z.string(),
  strategy: z.enum(STRATEGIES),
  /** Of cost against time. */
  weight: z.number(),
  deadlineSeconds: positive.nullable(),
  budgetUsd: positive.nullable(),
  workload: z.object({
    items: z.int().positive(),
    bytesPerItem: positive,
    workload: z.enum(WORKLOAD_NAMES),
    /** Listing and aggregate, which are the same for both arms; the deadline is for all of it. */
    aroundSeconds: z.number().nonnegative(),
  }),
  /** Null: nothing keeps to the limits. */
  best: choiceSchema.nullable(),
  /** The best one of the other arm. */
  runnerUp: choiceSchema.nullable(),
  refused: z.array(refusalSchema),
  /** Where nothing keeps to the limits: what passes them least. */
  nearest: choiceSchema.nullable(),
  /** Of the two that are compared; null where there is only one. */
  breakEven: z
    .object({
      /** The number of items at which both cost the same, and the arm that costs less below; null if they never do. */
      items: z.int().positive().nullable(),
      cheaperBelow: armSchema.nullable(),
      /** The part of its time that the fleet, kept all the time, must be at work to cost what functions cost; null: none is enough. */
      utilisation: z.number().nonnegative().nullable(),
    })
    .nullable(),
  flips: z.array(flipSchema),
  /** How many settings were looked at. */
  candidates: z.int().nonnegative(),
  /** What the figures rest on, in one sentence. */
  calibration: z.string(),
  /** What measured the arms that it weighs, in words, where that was not one program; the sentence then says so too. */
  differentKernels: z.string().nullable(),
  notes: z.array(z.string()),
});
export type Advice = z.infer<typeof adviceSchema>;
