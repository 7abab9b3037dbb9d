import { randomBytes } from 'node:crypto';
import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { parse } from '../parse.ts';

const secretsSchema = z.object({ rayToken: z.string() });

/** The name of the SecureString with the secrets of one fleet; `terminate-fleet` deletes it. */
export function parameterName(stage: string, runId: string, round: number): string {
  return `${parameterPath(stage, runId)}/round-${round}`;
}

/** What the names of all secrets of a run begin with. */
function parameterPath(stage: string, runId: string): string {
  return `/fanfleet/${stage}/${runId}`;
}

/**
 * Write the secrets of a fleet. Another attempt at the same launch has a new task token, but keeps the cluster's: a head
 * that has read it already must still match the workers that read it later.
 */
export async function putSecrets(ssm: SSMClient, name: string, taskToken: string): Promise<void> {
  const rayToken = (await readRayToken(ssm, name)) ?? randomBytes(32).toString('hex');
  await ssm.send(
    new PutParameterCommand({
      Name: name,
      Type: 'SecureString',
      Overwrite: true,
      Value: JSON.stringify({ taskToken, rayToken }),
    }),
  );
}

async function readRayToken(ssm: SSMClient, name: string): Promise<string | undefined> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
    return parse(secretsSchema, JSON.parse(Parameter?.Value ?? '{}'), 'The secrets of the fleet').rayToken;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

/** Delete the secrets of one round, or of every round of the run. They may outlive their instances, so they are found by their names. */
export async function deleteSecrets(
  ssm: SSMClient,
  stage: string,
  runId: string,
  round: number | undefined,
): Promise<void> {
  const names: string[] = [];
  if (round !== undefined) names.push(parameterName(stage, runId, round));
  else {
    const Path = parameterPath(stage, runId);
    for await (const page of paginateGetParametersByPath({ client: ssm }, { Path })) {
      names.push(...(page.Parameters ?? []).flatMap(({ Name }) => Name ?? []));
    }
  }
  for (const Name of names) {
    try {
      await ssm.send(new DeleteParameterCommand({ Name }));
    } catch (error) {
      if (!(error instanceof ParameterNotFound)) throw error;
    }
  }
}
