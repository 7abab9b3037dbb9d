import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followToReport, start } from '../../cli/commands/run.ts';
import type { Aws, Context } from '../../cli/context.ts';
import type { Arm } from '../../src/contract/arm.ts';
import { readImageFolder } from '../../src/dataset/folder.ts';
import { makeSample } from '../../src/dataset/sample.ts';
import { uploadFiles } from '../../src/dataset/upload.ts';
import { FanfleetError } from '../../src/errors.ts';
import { parse } from '../../src/parse.ts';
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts';
import type { RequestInput } from '../../src/run/request.ts';

/** A run that is measured, in one round. */
export interface Turn {
  readonly images: number;
  readonly batchSize: number;
  readonly round: number;
}

export interface Plan {
  readonly sizes: readonly number[];
  readonly batchSizes: readonly number[];
  readonly rounds: number;
  readonly request: Omit<RequestInput, 'prefix' | 'batchSize' | 'repeats'> & { readonly arms: Arm[] };
}

/** Every size with every batch size, round by round, so that drift meets all alike. */
export function turnsOf({ sizes, batchSizes, rounds }: Plan): Turn[] {
  return Array.from({ length: rounds }, (_, round) =>
    sizes.flatMap((images) => batchSizes.map((batchSize) => ({ images, batchSize, round }))),
  ).flat();
}

/**
 * Measure what is missing, on the deployed stack, and keep each summary in `folder`.
 *
 * One run that is not kept comes first, so that every run that counts meets functions that are warm.
 */
export async function measureRuns(context: Context, aws: Aws, plan: Plan, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kept = new Set(await readdir(folder));
  const missing = turnsOf(plan).filter((turn) => !kept.has(fileOf(turn)));
  if (missing.length === 0) return;
  await uploadSamples(context, aws, plan.sizes);
  const [smallest = 1] = plan.sizes.toSorted((a, b) => a - b);
  context.io.note('one run to warm up');
  await run(context, aws, plan, { images: smallest, batchSize: Math.max(1, smallest >> 3), round: 0 });
  for (const [done, turn] of missing.entries()) {
    context.io.note(`${done + 1} of ${missing.length}: ${fileOf(turn)}`);
    const summary = await run(context, aws, plan, turn);
    await writeFile(join(folder, fileOf(turn)), `${JSON.stringify(summary, null, 1)}\n`);
  }
}

/**
 * The summaries of a folder, in the order of their files.
 *
 * @throws FanfleetError `INVALID_INPUT` for one that is no summary, `PATH_UNREADABLE` for a folder that is not there
 */
export async function readRuns(folder: string): Promise<Summary[]> {
  const files = await readdir(folder).catch((cause: unknown) => {
    throw new FanfleetError(
      'PATH_UNREADABLE',
      `Expected a folder of summaries but ${folder} cannot be read.`,
      {
        cause,
        source: 'user',
      },
    );
  });
  const summaries: Summary[] = [];
  for (const file of files.filter((name) => name.endsWith('.json')).sort()) {
    const text = await readFile(join(folder, file), 'utf8');
    summaries.push(parse(summarySchema, JSON.parse(text), file));
  }
  return summaries;
}

async function uploadSamples({ home, io, signal }: Context, aws: Aws, sizes: readonly number[]) {
  const count = Math.max(...sizes);
  const sample = await makeSample('photos', join(home, 'dataset'), { count, signal });
  const { files } = await readImageFolder(sample.folder, { signal });
  for (const images of sizes) {
    io.note(`uploading ${images} images`);
    const bucket = aws.stack.dataBucket;
    await uploadFiles({
      s3: aws.s3,
      bucket,
      prefix: prefixOf(images),
      files: files.slice(0, images),
      signal,
    });
  }
}

async function run(context: Context, aws: Aws, plan: Plan, turn: Turn): Promise<Summary> {
  const input = {
    ...plan.request,
    baseline: false,
    prefix: prefixOf(turn.images),
    batchSize: turn.batchSize,
  };
  const runId = await start(context, aws, input);
  const { summary } = await followToReport(context, aws, runId, input);
  return summary;
}

const prefixOf = (images: number) => `model-${images}/`;
const fileOf = ({ images, batchSize, round }: Turn) =>
  `${String(images).padStart(6, '0')}-${String(batchSize).padStart(4, '0')}-${round}.json`;
