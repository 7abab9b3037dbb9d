import { type Batch, batchSchema } from '../contract/manifest.ts';
import { readLines } from '../dataset/lines.ts';
import { compareKeys } from '../dataset/order.ts';
import { FanfleetError } from '../errors.ts';

/** A batch is at most 200 KiB; a line so much longer is no manifest, and must not fill the memory. */
const LONGEST_LINE = 8 * 1024 * 1024;

/**
 * The batches of a manifest, one after the other: a JSON array with one batch per line. Holds one line.
 *
 * @throws FanfleetError `MANIFEST_INVALID` where a line is no batch, the array does not end, batch numbers are not
 * consecutive, or keys are not in S3's order (which also means: where one is there twice).
 */
export async function* readManifest(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Batch> {
  let previous: Batch | undefined;
  let closed = false;
  let number = 0;
  const tooLong = () => invalid(number + 1, 'expected one batch per line but found a line over 8 MiB');
  for await (const line of readLines(chunks, LONGEST_LINE, tooLong)) {
    number += 1;
    const text = line.trim();
    if (text === '') continue;
    if (closed) throw invalid(number, 'expected nothing after the end of the array');
    if (number === 1 && !text.startsWith('[')) throw invalid(number, 'expected the start of an array');
    closed = text.endsWith(']');
    const body = text.replace(/^[[,]\s*/, '').replace(/\s*[\],]$/, '');
    if (body === '') continue;
    const batch = toBatch(body, number);
    checkOrder(previous, batch, number);
    previous = batch;
    yield batch;
  }
  if (!closed) throw invalid(number, 'expected the end of the array but the manifest was cut off');
}

function toBatch(text: string, line: number): Batch {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(line, 'expected one batch in JSON', cause);
  }
  const result = batchSchema.safeParse(value);
  if (!result.success) throw invalid(line, 'expected {batch, bytes, objects}', result.error);
  return result.data;
}

function checkOrder(previous: Batch | undefined, batch: Batch, line: number): void {
  if (previous !== undefined && batch.batch !== previous.batch + 1) {
    throw invalid(line, `expected batch ${previous.batch + 1} but found ${batch.batch}`);
  }
  let last = previous?.objects.at(-1)?.key;
  for (const { key } of batch.objects) {
    if (last !== undefined && compareKeys(last, key) >= 0) {
      throw invalid(
        line,
        `expected keys in order but found ${JSON.stringify(key)} after ${JSON.stringify(last)}`,
      );
    }
    last = key;
  }
}

function invalid(line: number, why: string, cause?: unknown): FanfleetError {
  return new FanfleetError('MANIFEST_INVALID', `manifest.json, line ${line}: ${why}. Plan the run again.`, {
    cause,
    source: 'internal',
  });
}
