import type { Readable } from 'node:stream';
import { Upload } from '@aws-sdk/lib-storage';
import * as z from 'zod';
import { LAMBDA_LIMITS } from '../src/aws/limits.ts';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { layout } from '../src/contract/layout.ts';
import { FanfleetError } from '../src/errors.ts';
import { parse } from '../src/parse.ts';
import { answerView } from '../src/report/answers/reports.ts';
import { renderCsv } from '../src/report/csv.ts';
import { renderHtml } from '../src/report/html.ts';
import { embeddingsAsParquet } from '../src/report/rows/embeddings.ts';
import { rowsAsParquet } from '../src/report/rows/export.ts';
import { type Summary, summarySchema } from '../src/report/summary-schema.ts';
import { runSchema } from '../src/run/run.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });

/** Of the time that the function has: a report without the rows is better than none. */
const ROWS_MS = 0.8 * LAMBDA_LIMITS.timeoutSeconds * 1000;
/** 10,000 parts of it are 80 GiB. */
const PART_BYTES = 8 * 1024 * 1024;

/** Render `summary.json` as `report.html` and `figures.csv`, and write the rows as `results.parquet`, and what embeddings there are as `embeddings.parquet`. */
export const main = handler('report', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of report');
  const { runId, runsBucket } = run;
  const store = new ObjectStore(s3, runsBucket);
  const summary = parse(summarySchema, await store.getJson(layout.summary(runId)), 'summary.json');
  const [rowsKey, embeddingsKey, reportKey] = await Promise.all([
    writeParquet(runsBucket, { runId, key: layout.rows(runId), name: 'parquet' }, () =>
      rowsAsParquet(summary, store),
    ),
    writeParquet(runsBucket, { runId, key: layout.embeddings(runId), name: 'embeddings' }, () =>
      embeddingsAsParquet(summary, store),
    ),
    writePage(summary, store),
    store.put(layout.figures(runId), renderCsv(summary), 'text/csv; charset=utf-8'),
  ]);
  logger.info('report written', { runId, reportKey });
  return { reportKey, rowsKey, embeddingsKey };
});

async function writePage(summary: Summary, store: ObjectStore): Promise<string> {
  const { bucket, requesterPays } = summary.request;
  const images = new ObjectStore(requesterPays ? createS3({ region, endpoint, requesterPays }) : s3, bucket);
  const shown = await answerView(summary).readImages({ runs: store, images });
  const key = layout.report(summary.runId);
  await store.put(key, renderHtml(summary, shown), 'text/html; charset=utf-8');
  return key;
}

/** What is written in pieces, and the name of its format for `fanfleet report`. */
interface ParquetFile {
  readonly runId: string;
  readonly key: string;
  readonly name: string;
}

/** The key of a file; null where there is nothing to write, or where it could not be written: the report stands without it. */
async function writeParquet(
  bucket: string,
  { runId, key, name }: ParquetFile,
  read: () => Readable | null | Promise<Readable | null>,
): Promise<string | null> {
  try {
    const body = await read();
    if (body === null) return null;
    await upload(body, bucket, { runId, key, name });
    logger.info('parquet written', { runId, key });
    return key;
  } catch (reason) {
    const error = FanfleetError.from(reason, 'aws');
    logger.error('parquet not written', { runId, key, code: error.code, source: error.source, error });
    return null;
  }
}

async function upload(body: Readable, bucket: string, { runId, key, name }: ParquetFile): Promise<void> {
  const params = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/vnd.apache.parquet' };
  const late = new FanfleetError(
    'ROWS_TOO_LATE',
    `Expected ${key} within 12 minutes but it took longer: write it with \`fanfleet report ${runId} --format ${name}\`.`,
    { source: 'aws' },
  );
  const timer = setTimeout(() => body.destroy(late), ROWS_MS);
  try {
    await new Upload({ client: s3, params, partSize: PART_BYTES, queueSize: 2 }).done();
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}
