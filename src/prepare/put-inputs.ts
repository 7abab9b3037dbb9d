import { hash } from 'node:crypto';
import type { ObjectStore } from '../aws/object-store.ts';
import type { InputFile } from '../contract/inputs.ts';
import { layout } from '../contract/layout.ts';
import type { Note } from '../contract/plan.ts';

/** A file to be an input, by the end of its key. */
export interface NewInput {
  readonly name: string;
  readonly body: Buffer;
  readonly contentType: string;
}

/**
 * Write the inputs of a run, by the names that workers know, and at last the list of them.
 *
 * @throws FanfleetError S3's code
 */
export async function putInputs(
  store: Pick<ObjectStore, 'put' | 'putJson'>,
  runId: string,
  inputs: Readonly<Record<string, NewInput>>,
  notes: readonly Note[],
): Promise<void> {
  const files: Record<string, InputFile> = {};
  for (const [input, { name, body, contentType }] of Object.entries(inputs)) {
    const sha256 = hash('sha256', body, 'hex');
    // By its hash: of two tries at once neither takes the place of what the other's list names.
    const key = layout.inputFile(runId, `${sha256.slice(0, 16)}-${name}`);
    await store.put(key, body, contentType);
    files[input] = { key, sha256, bytes: body.length };
  }
  await store.putJson(layout.inputs(runId), { ...files, notes });
}
