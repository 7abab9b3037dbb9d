import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { FanfleetError } from '../../../../src/errors.ts';
import { submitToKeptFleet } from '../../../../src/fleet/kept/submit.ts';
import { resolveRun } from '../../../../src/run/run.ts';
import { DEPLOYMENT } from '../../../support/deployment.ts';

/** Parameter Store, which is slower to answer than S3. */
class Parameters extends SSMClient {
  readonly done: string[] = [];
  override send = (async (command: object) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.done.push(command.constructor.name);
    if (command instanceof GetParameterCommand)
      throw new ParameterNotFound({ message: 'none', $metadata: {} });
    return {};
  }) as SSMClient['send'];
}

it('a job whose fleet cannot be read leaves no secret', async () => {
  const ssm = new Parameters({ region: 'eu-west-1' });
  const denied = async () => {
    throw new FanfleetError('ACCESS_DENIED', 'Expected to read fleet.json', { source: 'aws' });
  };
  const store = { get: denied, getJson: denied, list: async function* () {}, putNew: async () => true };
  const run = {
    ...resolveRun({ prefix: 'p/' }, 'r', 0, DEPLOYMENT),
    keptFleet: { name: 'four', id: 'four.1' },
  };
  const submitted = submitToKeptFleet({
    ...{ store, ssm, run, round: 0, taskToken: 'token', bundleKey: 'bundles/a.tar', now: 1 },
  });
  await expect(submitted).rejects.toThrow('Expected to read fleet.json');
  expect(ssm.done).toEqual([GetParameterCommand.name, PutParameterCommand.name, DeleteParameterCommand.name]);
});
