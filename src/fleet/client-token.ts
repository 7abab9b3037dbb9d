import { createHash } from 'node:crypto';

/**
 * The token that makes a call of a launch the same call when it is made again: 64 ASCII characters, which is what EC2
 * takes at most.
 *
 * @param call of those for one role: the launch is 0
 */
export function clientToken(runId: string, round: number, role: string, call = 0): string {
  const name = call === 0 ? role : `${role}/${call}`;
  return createHash('sha256').update(`${runId}/${round}/${name}`).digest('hex');
}
