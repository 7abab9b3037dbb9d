import { LambdaClient } from '@aws-sdk/client-lambda';
import { measureFunctionOf } from '../../src/aws/stack.ts';
import { checkAccount } from '../account-check.ts';
import { type Context, expectLocal } from '../context.ts';
import { deployStack, endOffline, offlineClient, startOffline } from '../offline.ts';

export interface UpOptions {
  readonly port?: number | undefined;
  readonly ec2Port?: number | undefined;
}

/** Start the offline AWS, or find it running. */
export async function upCommand(context: Context, options: UpOptions) {
  const { io } = context;
  io.progress('starting the offline AWS …');
  const { started, port, hosts, variables } = await startOffline(context, options);
  if (!started && options.port !== undefined && options.port !== port) {
    io.note(`It was up already, on port ${port}; \`fanfleet down\` first for another one.`);
  }
  const text = [
    `The offline AWS is up${started ? '' : ' already'}. For any AWS SDK or CLI:`,
    ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
    `Hosts of the fleet are ${hosts.description}.`,
  ].join('\n');
  return { json: { started, variables, hosts }, text };
}

/** End the offline AWS and everything it started. */
export async function downCommand(context: Context) {
  const { stopped } = await endOffline(context);
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
  const { io, stage } = context;
  expectLocal(context, `\`sls deploy --stage ${stage}\``);
  io.progress('deploying the stack …');
  const outcome = await deployStack(context, params);
  const lambda = new LambdaClient(await offlineClient(context));
  const { account, concurrency, found, fix } = await checkAccount(lambda, measureFunctionOf(stage));
  lambda.destroy();
  if (fix !== null) io.note(`Functions at once: ${found}; runs are kept to what there is.`);
  const text = outcome === 'deployed' ? 'The stack is deployed.' : 'The stack is deployed already.';
  return { json: { outcome, account, concurrency }, text };
}
