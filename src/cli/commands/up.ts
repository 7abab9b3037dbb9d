import { LambdaClient } from '@aws-sdk/client-lambda';
import { deployOffline } from '../../../localstack/deploy.ts';
import { awsVariables, CREDENTIALS, down, REGION, readState, up } from '../../../localstack/offline.ts';
import { measureFunctionOf } from '../../aws/stack.ts';
import { FanfleetError } from '../../errors.ts';
import { checkAccount } from '../account-check.ts';
import { type Context, expectLocal } from '../context.ts';
import { withoutAws } from '../shell.ts';

export interface UpOptions {
  readonly port?: number | undefined;
  readonly ec2Port?: number | undefined;
}

/** Start the offline AWS, or find it running. */
export async function upCommand(context: Context, options: UpOptions) {
  const { io, root, home, shell } = context;
  io.progress('starting the offline AWS …');
  const state = await up({
    root,
    home,
    port: options.port ?? shell.FANFLEET_PORT,
    ec2Port: options.ec2Port ?? shell.FANFLEET_EC2_PORT,
    path: shell.PATH,
    hosts: {
      kind: shell.FANFLEET_HOSTS,
      cpus: shell.FANFLEET_HOST_CPUS,
      memoryMiB: shell.FANFLEET_HOST_MEMORY,
      image: shell.FANFLEET_HOST_IMAGE,
    },
    functionLimits: shell.FANFLEET_FUNCTION_LIMITS,
    accountConcurrency: shell.FANFLEET_ACCOUNT_CONCURRENCY,
  });
  if (!state.started && options.port !== undefined && options.port !== state.port) {
    io.note(`It was up already, on port ${state.port}; \`fanfleet down\` first for another one.`);
  }
  const variables = awsVariables(state);
  const text = [
    `The offline AWS is up${state.started ? '' : ' already'}. For any AWS SDK or CLI:`,
    ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
    `Hosts of the fleet are ${state.hosts.description}.`,
  ].join('\n');
  return { json: { started: state.started, variables, hosts: state.hosts }, text };
}

/** End the offline AWS and everything it started. */
export async function downCommand({ home }: Context) {
  const { stopped } = await down(home);
  const text =
    stopped.length > 0 ? 'The offline AWS is down; nothing is left of it.' : 'The offline AWS was not up.';
  return { json: { stopped }, text };
}

/**
 * Deploy the stack to the offline AWS.
 *
 * @param params of the stack, each as `name=value`
 */
export async function deployCommand(context: Context, params: readonly string[] = []) {
  const { io, root, home, signal, stage } = context;
  expectLocal(context, `\`sls deploy --stage ${stage}\``);
  const state = await readState(home);
  if (state === undefined) {
    throw new FanfleetError('NOT_UP', 'Expected the offline AWS to be up but it is not; run `fanfleet up`.', {
      source: 'user',
    });
  }
  io.progress('deploying the stack …');
  const outcome = await deployOffline({ root, home, state, params, env: withoutAws(), signal });
  const lambda = new LambdaClient({
    region: REGION,
    credentials: CREDENTIALS,
    endpoint: `http://127.0.0.1:${state.port}`,
  });
  const { account, concurrency, found, fix } = await checkAccount(lambda, measureFunctionOf(stage));
  lambda.destroy();
  if (fix !== null) io.note(`Functions at once: ${found}; runs are kept to what there is.`);
  const text = outcome === 'deployed' ? 'The stack is deployed.' : 'The stack is deployed already.';
  return { json: { outcome, account, concurrency }, text };
}
