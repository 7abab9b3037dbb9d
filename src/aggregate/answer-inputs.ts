import { createHash } from 'node:crypto';
import type { BucketReader } from '../aws/bucket-reader.ts';
import { inputsSchema } from '../contract/inputs.ts';
import { layout } from '../contract/layout.ts';
import type { Note } from '../contract/plan.ts';
import { FanfleetError } from '../errors.ts';
import { parseJson } from '../parse.ts';
import { WORKLOADS } from '../workloads/facts.ts';
import type { WorkloadName } from '../workloads/names.ts';
import type { Inputs } from '../workloads/workload.ts';

/**
 * The files that the answer of a workload needs beside the rows.
 *
 * @throws FanfleetError `OBJECT_NOT_FOUND` where one is not there, `INPUT_DAMAGED` where it is not as it was made
 */
export async function readAnswerInputs(
  reader: Pick<BucketReader, 'get'>,
  runId: string,
  workload: WorkloadName,
): Promise<Inputs> {
  return readInputFiles(reader, runId, WORKLOADS[workload].answerInputs);
}

/**
 * Some of the files that were made for the workers of a run, by their names.
 *
 * @throws FanfleetError as `readAnswerInputs` does
 */
export async function readInputFiles(
  reader: Pick<BucketReader, 'get'>,
  runId: string,
  names: readonly string[],
): Promise<Inputs> {
  if (names.length === 0) return new Map();
  const key = layout.inputs(runId);
  const files = parseJson(inputsSchema, await reader.get(key), key);
  return new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)));

  async function read(name: string): Promise<Buffer> {
    const file = files[name];
    if (file === undefined || Array.isArray(file)) throw damaged(key, `a file \`${name}\``, 'names none');
    const body = await reader.get(file.key);
    const sha256 = createHash('sha256').update(body).digest('hex');
    if (sha256 !== file.sha256) throw damaged(file.key, `the SHA-256 ${file.sha256}`, `has ${sha256}`);
    return body;
  }
}

/**
 * What is worth a word of how the inputs were made.
 *
 * @throws FanfleetError `OBJECT_NOT_FOUND` where there are none
 */
export async function readInputNotes(reader: Pick<BucketReader, 'get'>, runId: string): Promise<Note[]> {
  const key = layout.inputs(runId);
  return parseJson(inputsSchema, await reader.get(key), key).notes;
}

function damaged(key: string, expected: string, found: string): FanfleetError {
  return new FanfleetError('INPUT_DAMAGED', `Expected ${expected} of ${key} but it ${found}.`, {
    source: 'internal',
  });
}
