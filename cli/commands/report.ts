import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { layout } from '../../src/contract/layout.ts';
import { FanfleetError } from '../../src/errors.ts';
import { parseJson } from '../../src/parse.ts';
import { answerView } from '../../src/report/answers/reports.ts';
import { renderCsv } from '../../src/report/csv.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { type Summary, summarySchema } from '../../src/report/summary-schema.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { listRuns } from '../../src/run/start.ts';
import { type Aws, type Context, connect, runFolder } from '../context.ts';
import { REPORT_FORMATS, type ReportFormat } from '../output-formats.ts';

export interface ReportOptions {
  /** @default the table for the terminal, with the files fetched */
  readonly format?: ReportFormat | undefined;
  /** A file. @default stdout; of Parquet, the folder of the run */
  readonly out?: string | undefined;
}

/** So many runs are looked at for the latest report. */
const MOST_RUNS = 50;

/** Show the report of a run and keep its files on this machine, or write it in another format. */
export async function reportCommand(
  context: Context,
  runId: string | undefined,
  { format, out }: ReportOptions,
) {
  if (format === undefined && out !== undefined) {
    const message = `Expected --format beside --out but received none; it is one of ${REPORT_FORMATS.join(', ')}.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  const aws = await connect(context);
  const { summary, folder } = await fetchReport(context, aws, runId ?? (await latest(aws)));
  if (format === undefined) {
    return { json: { ...summary, files: folder }, text: reportText(summary, folder) };
  }
  if (format === 'parquet' || format === 'embeddings') {
    const name = format === 'parquet' ? 'results.parquet' : 'embeddings.parquet';
    const file = out === undefined ? join(folder, name) : resolve(out);
    await writeParquet(aws, summary, format, file);
    return { json: { file }, text: file };
  }
  const text = format === 'html' ? await page(context, aws, summary) : rendered(summary, format);
  if (out === undefined) return { json: { text }, text };
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return { json: { file }, text: file };
}

function rendered(
  summary: Summary,
  format: Exclude<ReportFormat, 'html' | 'parquet' | 'embeddings'>,
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(summary)}\n`;
    case 'csv':
      return renderCsv(summary);
    case 'md':
      return renderMarkdown(summary);
  }
}

/** The page as the run has it, made anew: with the images that it shows. */
async function page(context: Context, aws: Aws, summary: Summary): Promise<string> {
  const { bucket, requesterPays } = summary.request;
  const { s3 } = requesterPays ? await connect(context, { requesterPays }) : aws;
  const readers = {
    runs: new ObjectStore(aws.s3, aws.stack.runsBucket),
    images: new ObjectStore(s3, bucket),
  };
  return renderHtml(summary, await answerView(summary).readImages(readers));
}

/** The rows of the run, or its embeddings: as they were written beside its report, else made here from its result files. */
async function writeParquet(
  { s3, stack }: Aws,
  summary: Summary,
  format: 'parquet' | 'embeddings',
  file: string,
): Promise<void> {
  const { runId } = summary;
  const store = new ObjectStore(s3, stack.runsBucket);
  const key = format === 'parquet' ? layout.rows(runId) : layout.embeddings(runId);
  const rows = (await isThere(store, key)) ? store.stream(key) : await madeHere(store, summary, format);
  if (rows === null) throw nothingLeft(summary, format);
  await mkdir(dirname(file), { recursive: true });
  await pipeline(rows, createWriteStream(file));
}

async function madeHere(store: ObjectStore, summary: Summary, format: 'parquet' | 'embeddings') {
  // The writers of Parquet are only needed here.
  if (format === 'parquet')
    return (await import('../../src/report/rows/export.ts')).rowsAsParquet(summary, store);
  return (await import('../../src/report/rows/embeddings.ts')).embeddingsAsParquet(summary, store);
}

function nothingLeft({ runId, request }: Summary, format: 'parquet' | 'embeddings'): FanfleetError {
  const { name } = request.workload;
  if (format === 'embeddings' && name !== 'embed') {
    const message = `Expected a run of embed for --format embeddings but ${runId} is one of ${name}: take --format parquet.`;
    return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  const what = format === 'parquet' ? 'rows' : 'embeddings';
  const message = `Expected ${what} of the run ${runId} but no arm left any: see its report.`;
  return new FanfleetError('NO_ROWS', message, { source: 'user' });
}

/** Fetch `summary.json` and `report.html` of a run. */
export async function fetchReport(context: Context, { s3, stack }: Aws, runId: string) {
  const store = new ObjectStore(s3, stack.runsBucket);
  const found = await store.get(layout.summary(runId)).catch((error: unknown) => {
    if (!(error instanceof FanfleetError && error.code === 'OBJECT_NOT_FOUND')) throw error;
    throw new FanfleetError(
      'NO_REPORT',
      `Expected a report of the run ${runId} but there is none: it is not done or failed early; see \`fanfleet status ${runId}\`.`,
      { cause: error, source: 'user' },
    );
  });
  const summary = parseJson(summarySchema, found, 'summary.json');
  const folder = runFolder(context, runId);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'summary.json'), found);
  await writeFile(join(folder, 'report.html'), await store.get(layout.report(runId)));
  return { summary, folder };
}

export function reportText(summary: Summary, folder: string): string {
  return `${renderTerminal(summary)}\n${join(folder, 'report.html')}`;
}

/** The newest run that has a report; one that failed early has none. */
export async function latest({ s3, sfn, stack }: Aws): Promise<string> {
  const store = new ObjectStore(s3, stack.runsBucket);
  for (const { runId } of await listRuns(sfn, stack, MOST_RUNS)) {
    if (await isThere(store, layout.report(runId))) return runId;
  }
  throw new FanfleetError(
    'NO_RUNS',
    `Expected a run of the stage ${stack.stage} but there is none; \`fanfleet run\` starts one.`,
    {
      source: 'user',
    },
  );
}

async function isThere(store: ObjectStore, wanted: string): Promise<boolean> {
  for await (const { key } of store.list(wanted)) if (key === wanted) return true;
  return false;
}
