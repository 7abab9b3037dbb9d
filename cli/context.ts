import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createS3 } from '../src/aws/s3.ts';
import { findStack, type Stack } from '../src/aws/stack.ts';
import { FanfleetError } from '../src/errors.ts';
import type { Io } from './io.ts';
import { offlineClient } from './offline.ts';
import type { Shell } from './shell.ts';
import { LOCAL } from './stage.ts';

/** What every command works with. */
export interface Context {
  readonly io: Io;
  /** The repository, and the project's own folder for everything that is made. */
  readonly root: string;
  readonly home: string;
  readonly shell: Shell;
  readonly stage: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

export interface Aws {
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly lambda: LambdaClient;
  readonly stack: Stack;
}

/**
 * Clients for the stage of a command, and its stack.
 *
 * @param options whether requests to S3 say that the requester pays
 * @throws FanfleetError `NOT_UP`, `NO_REGION` or `NOT_DEPLOYED`
 */
export async function connect(context: Context, { requesterPays = false } = {}): Promise<Aws> {
  const config = await clientConfig(context);
  return {
    s3: createS3({ ...config, requesterPays }),
    sfn: new SFNClient(config),
    lambda: new LambdaClient(config),
    stack: await findStack(new CloudFormationClient(config), context.stage),
  };
}

/** A client of EC2, for the commands that look at it: to load it takes as long as all the others together. */
export async function connectEc2(context: Context): Promise<EC2Client> {
  const { EC2Client } = await import('@aws-sdk/client-ec2');
  return new EC2Client(await clientConfig(context, 'ec2'));
}

/**
 * For what there is offline only: in an account it would cost money that nobody asked to spend.
 *
 * @throws FanfleetError `OFFLINE_ONLY`
 */
export function expectLocal({ stage }: Pick<Context, 'stage'>, instead: string): void {
  if (stage === LOCAL) return;
  throw new FanfleetError(
    'OFFLINE_ONLY',
    `Expected no stage but \`${LOCAL}\` for this command but received ${stage}; in an account: ${instead}.`,
    { source: 'user' },
  );
}

async function clientConfig(context: Context, service?: 'ec2') {
  const { stage, shell } = context;
  if (stage === LOCAL) return offlineClient(context, service);
  if (shell.AWS_REGION !== undefined) return { region: shell.AWS_REGION };
  throw new FanfleetError('NO_REGION', `Expected AWS_REGION for the stage ${stage} but it is not set.`, {
    source: 'user',
  });
}

/** Where the files of a run are kept on this machine. */
export function runFolder({ home }: Pick<Context, 'home'>, runId: string): string {
  return join(home, 'runs', runId);
}
