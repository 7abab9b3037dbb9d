import { SendTaskFailureCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { ObjectStore } from '../../aws/object-store.ts';
import { parse } from '../../parse.ts';
import { awsErrorIs } from '../aws-error.ts';
import { readKeptFleet } from './files.ts';
import { nameOf } from './kept-fleet.ts';
import { enqueue, entryNumbers, readEntry } from './queue.ts';

export interface EndQueueOptions {
  readonly store: ObjectStore;
  readonly ssm: SSMClient;
  readonly sfn: SFNClient;
  readonly id: string;
  /** Why, for people and for who comes too late. */
  readonly reason: string;
}

const tokenSchema = z.object({ taskToken: z.string() });

/** No job can be put into the queue from here on; those that are in it are done, and then the head ends the fleet. */
export async function endQueue({ store, id, reason }: Pick<EndQueueOptions, 'store' | 'id' | 'reason'>) {
  // Ended already is as good.
  await enqueue(store, id, { end: reason });
}

/**
 * Tell the runs whose jobs the fleet leaves undone. Safe to call again: the secret of a run goes when it has ended, and its
 * token counts once.
 *
 * @returns how many were told
 */
export async function failOpenJobs(options: EndQueueOptions): Promise<number> {
  const { store, ssm, sfn, id, reason } = options;
  const over = (await readKeptFleet(store, id))?.state?.jobs ?? 0;
  let told = 0;
  for (const number of await entryNumbers(store, id)) {
    if (number <= over) continue;
    const entry = await readEntry(store, id, number);
    const taskToken = 'end' in entry ? null : await readToken(ssm, entry.parameter);
    if (taskToken === null) continue;
    try {
      const error = reason === 'stopped' ? 'FleetStopped' : 'FleetLost';
      const cause = `The kept fleet ${nameOf(id)} has ended before this job was done (${reason}): start it again with \`fanfleet fleet start ${nameOf(id)}\`, and go on with \`fanfleet run --resume\`.`;
      await sfn.send(new SendTaskFailureCommand({ taskToken, error, cause }));
      told += 1;
    } catch (error) {
      if (!awsErrorIs(error, 'TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken')) throw error;
    }
  }
  return told;
}

async function readToken(ssm: SSMClient, Name: string): Promise<string | null> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
    return parse(tokenSchema, JSON.parse(Parameter?.Value ?? '{}'), 'The secrets of the run').taskToken;
  } catch (error) {
    if (error instanceof ParameterNotFound) return null;
    throw error;
  }
}
