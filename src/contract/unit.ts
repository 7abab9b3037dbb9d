import * as z from 'zod';

/** What an item of a manifest is called, one of it and several: `image` and `images`. */
export interface Unit {
  readonly one: string;
  readonly many: string;
}

export const unitSchema = z.object({ one: z.string(), many: z.string() }) satisfies z.ZodType<Unit>;
