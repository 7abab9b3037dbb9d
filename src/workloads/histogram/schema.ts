import * as z from 'zod';
import { DEPTHS } from '../../contract/depth.ts';

export const histogramParamsSchema = z.strictObject({
  /** Of how many bits of an image of 16 statistics and values are. */
  depth: z.enum(DEPTHS).default('8'),
});
export type HistogramParams = Readonly<z.output<typeof histogramParamsSchema>>;
