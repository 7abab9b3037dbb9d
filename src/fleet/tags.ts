import type { Tag } from '@aws-sdk/client-ec2';
import { layout } from '../contract/layout.ts';
import type { Run } from '../run/run.ts';

export type Role = 'head' | 'worker';

/** What an instance of a fleet is found by, and what a person sees of it. */
export function fleetTags({ stage, runId }: Pick<Run, 'stage' | 'runId'>, round: number, role: Role): Tag[] {
  return [
    { Key: 'Name', Value: `fanfleet-${stage}-${role}` },
    { Key: 'fanfleet:stage', Value: stage },
    { Key: 'fanfleet:run', Value: runId },
    { Key: 'fanfleet:round', Value: String(round) },
    { Key: 'fanfleet:role', Value: role },
    { Key: 'fanfleet:results', Value: layout.fleet(runId, round) },
  ];
}

/** Filters of a Describe call that find what has the tags of a run; of one round, or of all. */
export function fleetFilters(stage: string, runId: string, round: number | undefined) {
  return [
    { Name: 'tag:fanfleet:stage', Values: [stage] },
    { Name: 'tag:fanfleet:run', Values: [runId] },
    ...(round === undefined ? [] : [{ Name: 'tag:fanfleet:round', Values: [String(round)] }]),
  ];
}
