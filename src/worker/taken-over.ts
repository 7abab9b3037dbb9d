import { refusal } from '../aws/object-response.ts';
import { givenUp, type S3Request, type S3Requests } from '../aws/s3-requests.ts';
import { layout } from '../contract/layout.ts';
import { readFields } from '../fields.ts';
import { parseJsonText } from '../json-text.ts';
import { batchFoldersOf } from '../workloads/facts.ts';
import type { BatchCounts, Work } from './worker.ts';

/** A span is under 1 kB. */
const SPAN_BYTES = 64 * 1024;

/**
 * The counts of a batch that is there already, since it was taken over from an earlier run: its span, its result and its other files.
 * Null where it is to be done. For one GET where it has no span, else for one of each file.
 *
 * @param folders with a file of each batch. @default those of the workload
 * @throws FanfleetError with S3's code, or `INVALID_INPUT` where the span is none
 */
export async function countsOfTakenOver(
  { runId, round, runsBucket: bucket, workload, batch, stage }: Work,
  requests: S3Requests,
  folders: readonly string[] = batchFoldersOf(workload),
): Promise<BatchCounts | null> {
  const place = [runId, 'serverless', round, batch.batch, stage?.number] as const;
  const key = layout.span(...place);
  const body = await read(requests, { bucket, key, headers: {}, limit: SPAN_BYTES });
  if (body === null) return null;
  const files = [layout.result(...place), ...folders.map((folder) => layout.batchFile(folder, ...place))];
  const first = { headers: { range: 'bytes=0-0' }, limit: 1 };
  const found = await Promise.all(files.map((file) => read(requests, { bucket, key: file, ...first })));
  if (found.includes(null)) return null;
  return readFields(parseJsonText(body, `s3://${bucket}/${key}`), key, (span) => ({
    batch: span.integer('batch'),
    items: span.integer('items'),
    errors: span.integer('errors'),
  }));
}

/** The bytes that were asked for, or null where there is no such object. */
function read(requests: S3Requests, request: S3Request): Promise<Buffer | null> {
  return requests.send(
    request,
    (response) => {
      if (response.status < 300) return response.body;
      // An object without bytes has no first one.
      if (response.status === 416) return Buffer.alloc(0);
      const error = refusal(request.bucket, response);
      if (error.code === 'NoSuchKey') return null;
      throw error;
    },
    (reason, tries) => givenUp('read', request, reason, tries),
  );
}
