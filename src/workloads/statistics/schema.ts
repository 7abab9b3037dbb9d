import * as z from 'zod';
import { DEPTHS } from '../../contract/depth.ts';
import { OPERATIONS } from '../../contract/operation.ts';

export const statisticsParamsSchema = z.strictObject({
  /** Which statistics a row has; `stats` are all of them. */
  operation: z.enum(OPERATIONS).default('stats'),
  /** Of how many bits of an image of 16 they are. */
  depth: z.enum(DEPTHS).default('8'),
});
export type StatisticsParams = Readonly<z.output<typeof statisticsParamsSchema>>;
