import type { KeptJob } from '../arm-info.ts';
import type { InstanceLife } from '../instance-life.ts';

/**
 * What of the lives of a kept fleet's instances is of one job: its own time, from when it was taken to when it was over, and
 * the time before in which they had nothing to do. The jobs' shares, and the time behind the last one, are all that they ran.
 */
export function shareOfJob(
  lives: readonly InstanceLife[],
  { idleSince, takenAt, endedAt }: Pick<KeptJob, 'idleSince' | 'takenAt' | 'endedAt'>,
): InstanceLife[] {
  return lives.flatMap((life) => {
    // Before the first job there was the boot.
    const since = Math.max(life.launchedAt, idleSince ?? life.launchedAt);
    const share = {
      ...life,
      launchedAt: Math.max(life.launchedAt, Math.min(takenAt, life.endedAt)),
      endedAt: Math.min(life.endedAt, endedAt),
      idleBeforeMs: Math.max(0, Math.min(takenAt, life.endedAt) - since),
    };
    return share.endedAt > share.launchedAt || share.idleBeforeMs > 0 ? [share] : [];
  });
}
