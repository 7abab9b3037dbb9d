import { refusal } from '../aws/object-response.ts';
import { givenUp, type S3Requests } from '../aws/s3-requests.ts';
import { layout } from '../contract/layout.ts';
import { readFields } from '../fields.ts';
import type { BatchCounts, Work } from './worker.ts';

/** A span is under 1 kB. */
const SPAN_BYTES = 64 * 1024;

/**
 * The counts of a batch whose span is there already, since it was taken over from an earlier run; null where it is to
 * be done. For one GET.
 *
 * @throws FanfleetError with S3's code, or `INVALID_INPUT` where the span is none
 */
export async function countsOfTakenOver(
  { runId, round, runsBucket, batch, stage }: Work,
  requests: S3Requests,
): Promise<BatchCounts | null> {
  const key = layout.span(runId, 'serverless', round, batch.batch, stage?.number);
  const body = await requests.send(
    { bucket: runsBucket, key, headers: {}, limit: SPAN_BYTES },
    (response) => {
      if (response.status === 200) return response.body;
      const error = refusal(runsBucket, response);
      if (error.code === 'NoSuchKey') return null;
      throw error;
    },
    (reason, tries) => givenUp('read', { bucket: runsBucket, key }, reason, tries),
  );
  if (body === null) return null;
  return readFields(JSON.parse(body.toString('utf8')), key, (span) => ({
    batch: span.integer('batch'),
    images: span.integer('images'),
    errors: span.integer('errors'),
  }));
}
