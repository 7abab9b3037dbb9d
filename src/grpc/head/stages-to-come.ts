import { mostStages } from '../../workloads/facts.ts';
import { WORKLOAD_NAMES } from '../../workloads/names.ts';
import type { Job } from '../protocol/head_pb.js';

/**
 * Stages that may follow the one that a job is, by the settings of its workload: nobody knows before how many it will need. None of
 * a workload that this head does not know, which is for its workers to refuse.
 */
export function stagesToCome({ workload, stage }: Pick<Job, 'workload' | 'stage'>): number {
  if (stage === '' || workload === '') return 0;
  const { name, params } = JSON.parse(workload) as { readonly name: string; readonly params: object };
  const known = WORKLOAD_NAMES.find((each) => each === name);
  if (known === undefined) return 0;
  const { number } = JSON.parse(stage) as { readonly number: number };
  return Math.max(0, mostStages({ name: known, params }) - number - 1);
}
