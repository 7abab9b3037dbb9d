import type { PriceName } from '../prices/price-rows.ts';

/**
 * Part of each vCPU that a T3, T3a or T4g may use all the time:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
 */
const BASELINES: Readonly<Record<string, number>> = {
  nano: 0.05,
  micro: 0.1,
  small: 0.2,
  medium: 0.2,
  large: 0.3,
  xlarge: 0.4,
  '2xlarge': 0.4,
};

/** The baseline of a T type, 0 to 1 of each of its vCPUs; null for every other type. */
export function baselineOf(type: string): number | null {
  const [family, size = ''] = type.split('.');
  return family === 't3' || family === 't3a' || family === 't4g' ? (BASELINES[size] ?? null) : null;
}

export function surplusPriceName(type: string): PriceName {
  return type.startsWith('t4g.') ? 'surplusVcpuHourT4g' : 'surplusVcpuHourT3';
}
