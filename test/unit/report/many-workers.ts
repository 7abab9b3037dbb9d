import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { sampleInput } from './sample.ts';

/** A run whose arms had so many workers, with hosts of long names that were watched. */
export async function manyWorkers(count: number): Promise<Summary> {
  const summary = buildSummary(await sampleInput({ images: 4800, batchSize: 10, serverlessWorkers: count }));
  const [host] = summary.rounds[0]?.arms[1]?.hosts ?? [];
  if (host === undefined) throw new Error('Expected a host of the sample.');
  const hosts = Array.from({ length: count }, (_, i) => ({
    ...host,
    role: i === 0 ? ('head' as const) : ('worker' as const),
    instanceId: `i-${String(i).padStart(17, '0')}`,
  }));
  return {
    ...summary,
    rounds: summary.rounds.map(({ round, arms }) => ({
      round,
      arms: arms.map((arm) => (arm.arm === 'fleet' ? { ...arm, hosts } : arm)),
    })),
  };
}
