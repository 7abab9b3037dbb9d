import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { parse } from '../src/parse.ts';
import { GROUPS } from './cases.ts';
import { BENCH } from './places.ts';

export const BENCH_GROUPS = [...GROUPS, 'startup'] as const;

export const USAGE = `npm run bench -- [options]

  --only GROUPS     ${BENCH_GROUPS.join(', ')}; several with commas (all)
  --contender TEXT  only contenders whose name has this text, and the bound
  --set NAME        only this set: photos, large, png, digits
  --rounds N        rounds that count (5)
  --seconds N       what each contender works for in a round, at least (1)
  --seed N          for the order within the rounds (1)
  --quick           few images, one round: does it all work?
  --out DIR         where the JSON and the Markdown go (bench/results)
`;

const schema = z.strictObject({
  only: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(BENCH_GROUPS)))
    .default([...BENCH_GROUPS]),
  contender: z.string().default(''),
  set: z.enum(['photos', 'large', 'png', 'digits']).optional(),
  rounds: z.coerce.number().int().min(1).optional(),
  seconds: z.coerce.number().positive().optional(),
  seed: z.coerce.number().int().default(1),
  quick: z.boolean().default(false),
  out: z.string().default(join(BENCH, 'results')),
});

export type BenchOptions = {
  readonly only: readonly (typeof BENCH_GROUPS)[number][];
  readonly contender: string;
  readonly set: 'photos' | 'large' | 'png' | 'digits' | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly quick: boolean;
  readonly out: string;
};

/** @throws FanfleetError `INVALID_INPUT` that lists what is wrong */
export function parseOptions(parameters: readonly string[]): BenchOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      ...{ only: text, contender: text, set: text, rounds: text, seconds: text, seed: text, out: text },
      quick: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return 'help';
  const { rounds, seconds, set, ...options } = parse(schema, values, 'The options of the bench');
  const { quick } = options;
  return { ...options, set, rounds: rounds ?? (quick ? 1 : 5), seconds: seconds ?? (quick ? 0.05 : 1) };
}
