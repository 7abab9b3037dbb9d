import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { FanfleetError } from '../../src/errors.ts';
import { bytes, count } from '../../src/format.ts';
import { beside } from '../../src/models/load-model.ts';
import { type TrainedNetwork, trainedNetwork } from '../../src/report/rows/trained-network.ts';
import { type Context, connect } from '../context.ts';
import { writeModel } from '../write-model.ts';
import { fetchReport, latest } from './report.ts';

/** Write the network that a run of `cnn` trained as a model for `classify`, with its description and its labels beside it. */
export async function exportModelCommand(context: Context, runId: string | undefined, to: string) {
  if (!/\.onnx$/i.test(to)) {
    const message = `Expected a file with the suffix .onnx for --to but received ${to}: add it.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  const path = resolve(to);
  const aws = await connect(context);
  const { summary } = await fetchReport(context, aws, runId ?? (await latest(aws)));
  const store = new ObjectStore(aws.s3, aws.stack.runsBucket);
  const network = await trainedNetwork(summary, store);
  await writeNetwork(path, network);
  const { model, labels } = network;
  const json = { runId: summary.runId, path, bytes: model.length, labels };
  const text = `${path}: ${bytes(model.length)}, ${count(labels.length)} classes, with its description and labels beside it: \`fanfleet run … --workload classify --model ${to}\`.`;
  return { json, text };
}

/**
 * Write the three files of a model, the .onnx at last.
 *
 * @throws FanfleetError `OUTPUT_UNWRITABLE`, also where a file is there that would be read in the place of one of them
 */
export async function writeNetwork(
  path: string,
  { model, description, labels }: TrainedNetwork,
): Promise<void> {
  const first = beside(path, '.labels.txt');
  if (existsSync(first)) {
    throw unwritable(
      path,
      `${first} is there, which would be read in the place of its labels: take another name`,
    );
  }
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(beside(path, '.json'), `${JSON.stringify(description, null, 2)}\n`);
    await writeFile(beside(path, '.labels.json'), `${JSON.stringify(labels)}\n`);
  } catch (cause) {
    throw unwritable(path, FanfleetError.from(cause).message, cause);
  }
  await writeModel(path, [model]);
}

function unwritable(path: string, why: string, cause?: unknown): FanfleetError {
  const message = `Expected to write ${path} but ${why}.`;
  return new FanfleetError('OUTPUT_UNWRITABLE', message, { source: 'user', cause });
}
