import * as z from 'zod';

export const STRATEGIES = ['cost', 'speed', 'balanced'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** What the advice is to heed. */
export const adviceRequestSchema = z
  .strictObject({
    strategy: z.enum(STRATEGIES).default('balanced'),
    /** Of cost against time, 0 to 1; of the strategy `balanced` alone. @default 0.5 */
    weight: z.number().min(0).max(1).optional(),
    /** In which the run must be done, listing and aggregate included. @default none */
    deadlineSeconds: z.number().positive().max(1e9).optional(),
    /** Which the bill of the arm must not pass, in US dollars. @default none */
    budgetUsd: z.number().positive().max(1e12).optional(),
  })
  .refine(({ strategy, weight }) => weight === undefined || strategy === 'balanced', {
    path: ['weight'],
    error: 'nothing unless `strategy` is "balanced"',
  });
export type AdviceRequest = Readonly<z.infer<typeof adviceRequestSchema>>;
export type AdviceRequestInput = z.input<typeof adviceRequestSchema>;
