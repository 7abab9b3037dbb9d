import * as z from 'zod';
import { ObjectStore } from '../src/aws/object-store.ts';
import { createS3 } from '../src/aws/s3.ts';
import { parse } from '../src/parse.ts';
import { renderHtml } from '../src/report/html.ts';
import { summarySchema } from '../src/report/summary-schema.ts';
import { layout } from '../src/run/layout.ts';
import { runSchema } from '../src/run/run.ts';
import { endpoint, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const s3 = createS3({ region, endpoint });

/** Render `summary.json` as `report.html`. */
export const main = handler('report', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of report');
  const store = new ObjectStore(s3, run.runsBucket);
  const summary = parse(summarySchema, await store.getJson(layout.summary(run.runId)), 'summary.json');
  const reportKey = layout.report(run.runId);
  await store.put(reportKey, renderHtml(summary), 'text/html; charset=utf-8');
  logger.info('report written', { runId: run.runId, reportKey });
  return { reportKey };
});
