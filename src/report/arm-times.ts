import * as z from 'zod';
import type { ArmTimes } from '../aggregate/run-facts.ts';
import { armSchema } from '../contract/arm.ts';

const base = { arm: armSchema, round: z.int().nonnegative() };
const times = { startedAt: z.iso.datetime(), endedAt: z.iso.datetime() };

/** What a branch of the state machine ends with. */
const branchSchema = z.discriminatedUnion('status', [
  z.object({ ...base, status: z.literal('skipped') }),
  z.object({ ...base, ...times, status: z.literal('succeeded') }),
  z.object({
    ...base,
    ...times,
    status: z.literal('failed'),
    error: z.object({ Error: z.string().default('Unknown'), Cause: z.string().default('') }),
  }),
]);

/** The output of the state `Passes`: for each pass, what its branches ended with. */
export const passesSchema = z.array(z.array(branchSchema));

/** When each arm ran and how it ended, in the order of the passes; skipped branches are left out. */
export function armTimes(passes: Readonly<z.infer<typeof passesSchema>>): ArmTimes[] {
  return passes.flat().flatMap((branch): ArmTimes[] => {
    if (branch.status === 'skipped') return [];
    return [
      {
        arm: branch.arm,
        round: branch.round,
        status: branch.status,
        startedAt: Date.parse(branch.startedAt),
        endedAt: Date.parse(branch.endedAt),
        error: branch.status === 'failed' ? { code: branch.error.Error, message: branch.error.Cause } : null,
      },
    ];
  });
}
