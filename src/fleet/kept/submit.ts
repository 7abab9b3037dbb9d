import type { SSMClient } from '@aws-sdk/client-ssm';
import type { ObjectStore } from '../../aws/object-store.ts';
import { settleAll } from '../../concurrency/settle-all.ts';
import { FanfleetError } from '../../errors.ts';
import type { Run } from '../../run/run.ts';
import { deleteSecrets, parameterName, putSecrets } from '../secrets.ts';
import { jobVariables } from '../variables.ts';
import { readKeptFleet } from './files.ts';
import { enqueue } from './queue.ts';

export interface SubmitOptions {
  readonly store: Pick<ObjectStore, 'get' | 'getJson' | 'list' | 'putNew'>;
  readonly ssm: SSMClient;
  readonly run: Run;
  readonly round: number;
  readonly taskToken: string;
  /** Of the fleet that would be launched now. */
  readonly bundleKey: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Put a round of a run into the queue of the kept fleet that it is for. The head of that fleet ends the state of the task
 * token.
 *
 * @returns its number in the queue
 * @throws FanfleetError `FLEET_ENDED` where the fleet takes no more jobs, `FLEET_OUTDATED` where it runs another bundle
 */
export async function submitToKeptFleet(options: SubmitOptions): Promise<number> {
  const { store, ssm, run, round, taskToken, bundleKey, now } = options;
  const { id = '', name = '' } = run.keptFleet ?? {};
  const parameter = parameterName(run.stage, run.runId, round);
  const reading = readKeptFleet(store, id);
  try {
    // The secret comes before the entry, by which the head finds it. Of a run that is refused it goes with it.
    await settleAll([reading, putSecrets(ssm, parameter, taskToken)]);
  } catch (reason) {
    // What ends the run takes it away too: where this cannot, the first error is the one to tell.
    await deleteSecrets(ssm, run.stage, run.runId, round).catch(() => undefined);
    throw reason;
  }
  const view = await reading;
  if (view === null || view.end !== null) throw fleetEnded(name, view?.end?.reason ?? 'it is not there');
  if (view.fleet.bundleKey !== bundleKey) {
    throw new FanfleetError(
      'FLEET_OUTDATED',
      `Expected the kept fleet ${name} to run what is deployed (${bundleKey}) but it runs ${view.fleet.bundleKey}: stop it and start it again, \`fanfleet fleet stop ${name}\`.`,
      { source: 'user' },
    );
  }
  const job = {
    variables: jobVariables(run, round),
    parameter,
    deadline: run.fleetDeadline,
    submittedAt: now,
  };
  const put = await enqueue(store, id, job, view.state?.jobs);
  if ('ended' in put) throw fleetEnded(name, put.ended);
  return put.number;
}

function fleetEnded(name: string, reason: string): FanfleetError {
  return new FanfleetError(
    'FLEET_ENDED',
    `Expected a kept fleet ${name} that takes jobs but it has ended (${reason}): start it again with \`fanfleet fleet start ${name}\`, or leave out \`fleet\`.`,
    { source: 'user' },
  );
}
