/** What is computed per image. `stats` is everything that the others compute. */
export const OPERATIONS = ['mean', 'max', 'min', 'minmax', 'stats'] as const;
export type Operation = (typeof OPERATIONS)[number];

/** The statistics that a result row can carry, in the order in which a row spells them. */
export const STATISTICS = ['sum', 'sumSq', 'min', 'max', 'mean_e6'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Which statistics each operation puts into a row. */
export const OPERATION_STATISTICS: Readonly<Record<Operation, readonly Statistic[]>> = {
  mean: ['sum', 'mean_e6'],
  max: ['max'],
  min: ['min'],
  minmax: ['min', 'max'],
  stats: STATISTICS,
};
