import type { BucketReader } from '../aws/bucket-reader.ts';
import { forEachConcurrent } from '../concurrency/for-each-concurrent.ts';
import type { Arm } from '../contract/arm.ts';
import { layout } from '../contract/layout.ts';
import { spanSchema } from '../contract/span.ts';
import { parseJson } from '../parse.ts';

/** What the batches of an arm took together, by their spans: of several stages those of all. */
export interface Processing {
  /** Start of the first and end of the last batch, epoch milliseconds; what lies between stages is within. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly cpuMs: number;
  readonly batches: number;
}

const CONCURRENCY = 16;

/**
 * Add up the spans of one arm of a run with one round; null where there are none.
 *
 * @throws FanfleetError `INVALID_INPUT` for a file that is no span, and what the reader throws
 */
export async function readProcessing(
  reader: Pick<BucketReader, 'get' | 'list'>,
  runId: string,
  arm: Arm = 'fleet',
): Promise<Processing | null> {
  const keys = await spansOf(reader, runId, arm);
  if (keys.length === 0) return null;
  let startedAt = Number.POSITIVE_INFINITY;
  let endedAt = Number.NEGATIVE_INFINITY;
  let cpuMs = 0;
  await forEachConcurrent(keys, CONCURRENCY, async (key) => {
    const span = parseJson(spanSchema, await reader.get(key), key);
    startedAt = Math.min(startedAt, span.startedAt);
    endedAt = Math.max(endedAt, span.endedAt);
    cpuMs += span.cpuMs;
  });
  return { startedAt, endedAt, cpuMs, batches: keys.length };
}

/** Keys of a single map, or of every stage that was begun. */
async function spansOf(reader: Pick<BucketReader, 'list'>, runId: string, arm: Arm): Promise<string[]> {
  const keys = await keysBelow(reader, layout.spans(runId, arm, 0));
  if (keys.length > 0) return keys;
  for (let stage = 0; ; stage += 1) {
    const ofStage = await keysBelow(reader, layout.spans(runId, arm, 0, stage));
    if (ofStage.length === 0) return keys;
    keys.push(...ofStage);
  }
}

async function keysBelow(reader: Pick<BucketReader, 'list'>, prefix: string): Promise<string[]> {
  return (await Array.fromAsync(reader.list(prefix))).map(({ key }) => key);
}
