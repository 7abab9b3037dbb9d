import type { Execution } from '../run/start.ts';

type Times = Pick<Execution, 'runId' | 'startedAt' | 'endedAt'>;

/** The other runs that were under way while one was; one that starts when another ends is not beside it. */
export function runsBeside(runId: string, runs: readonly Times[]): string[] {
  const own = runs.find((run) => run.runId === runId);
  if (own === undefined) return [];
  const end = ({ endedAt }: Times) => endedAt ?? Number.POSITIVE_INFINITY;
  return runs
    .filter((run) => run !== own && run.startedAt < end(own) && end(run) > own.startedAt)
    .map((run) => run.runId);
}
