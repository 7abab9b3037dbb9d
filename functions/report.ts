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

/** Render `summary.json` as `report.html` and `figures.csv`, and write the rows as `results.parquet`. */
export const main = handler('report', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of report');
  const { runId, runsBucket } = run;
  const store = new ObjectStore(s3, runsBucket);
  const summary = parse(summarySchema, await store.getJson(layout.summary(runId)), 'summary.json');
  const [rowsKey, reportKey] = await Promise.all([
    writeRows(summary, store, runsBucket),
    writePage(summary, store),
    store.put(layout.figures(runId), renderCsv(summary), 'text/csv; charset=utf-8'),
  ]);
  logger.info('report written', { runId, reportKey });
  return { reportKey, rowsKey };
});

async function writePage(summary: Summary, store: ObjectStore): Promise<string> {
  const { bucket, requesterPays } = summary.request;
  const images = new ObjectStore(requesterPays ? createS3({ region, endpoint, requesterPays }) : s3, bucket);
  const shown = await answerView(summary).readImages({ runs: store, images });
  const key = layout.report(summary.runId);
  await store.put(key, renderHtml(summary, shown), 'text/html; charset=utf-8');
  return key;
}

/** The key of the rows; null where there are none, or where they could not be written: the report stands without them. */
async function writeRows(summary: Summary, store: ObjectStore, bucket: string): Promise<string | null> {
  const body = rowsAsParquet(summary, store);
  if (body === null) return null;
  const key = layout.rows(summary.runId);
  const params = { Bucket: bucket, Key: key, Body: body, ContentType: 'application/vnd.apache.parquet' };
  const upload = new Upload({ client: s3, params, partSize: PART_BYTES, queueSize: 2 });
  const late = new FanfleetError(
    'ROWS_TOO_LATE',
    `Expected ${key} within 12 minutes but it took longer: write it with \`fanfleet report ${summary.runId} --format parquet\`.`,
    { source: 'aws' },
  );
  const timer = setTimeout(() => body.destroy(late), ROWS_MS);
  try {
    await upload.done();
    logger.info('rows written', { runId: summary.runId, key });
    return key;
  } catch (reason) {
    const error = FanfleetError.from(reason, 'aws');
    logger.error('rows not written', { runId: summary.runId, code: error.code, source: error.source, error });
    return null;
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}
