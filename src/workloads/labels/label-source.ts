import * as z from 'zod';

/** Ways to the label of an image that need no file of their own. */
export const LABEL_SOURCES = ['auto', 'folder', 'name', 'json'] as const;

const error = `one of ${LABEL_SOURCES.map((name) => JSON.stringify(name)).join(', ')}, or the key of a .csv`;

/** One of these, or the key of a CSV file in the bucket of the images. */
export const labelSourceSchema = z.union(
  [z.enum(LABEL_SOURCES), z.string().regex(/^[^/].*\.csv$/, { error })],
  {
    error,
  },
);
export type LabelSource = z.output<typeof labelSourceSchema>;
