export type Unit = 'Count' | 'Milliseconds' | 'Seconds' | 'None';

export type Metrics = {
  readonly namespace: string;
  /** Names and values by which CloudWatch tells apart what has the same metrics. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, { readonly value: number; readonly unit: Unit }>>;
};

/**
 * A log line that CloudWatch turns into metrics ("embedded metric format": Amazon CloudWatch User Guide), which costs
 * no request.
 *
 * @param epochMs when they were measured
 */
export function metricsLine({ namespace, dimensions, values }: Metrics, epochMs: number): string {
  const metrics = Object.entries(values).map(([name, { unit }]) => ({ Name: name, Unit: unit }));
  const numbers = Object.entries(values).map(([name, { value }]) => [name, value]);
  const description = { Namespace: namespace, Dimensions: [Object.keys(dimensions)], Metrics: metrics };
  const line = {
    _aws: { Timestamp: epochMs, CloudWatchMetrics: [description] },
    ...dimensions,
    ...Object.fromEntries(numbers),
  };
  return `${JSON.stringify(line)}\n`;
}
