import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectStore } from '../../aws/object-store.ts';
import { FanfleetError } from '../../errors.ts';
import { parse } from '../../parse.ts';
import { type Summary, summarySchema } from '../../report/summary-schema.ts';
import { renderTerminal } from '../../report/terminal.ts';
import { layout } from '../../run/layout.ts';
import { listRuns } from '../../run/start.ts';
import { type Aws, type Context, connect, runFolder } from '../context.ts';

/** So many runs are looked at for the latest report. */
const MOST_RUNS = 50;

/** Show the report of a run and keep its files on this machine. */
export async function reportCommand(context: Context, runId: string | undefined) {
  const aws = await connect(context);
  const { summary, folder } = await fetchReport(context, aws, runId ?? (await latest(aws)));
  return { json: { ...summary, files: folder }, text: reportText(summary, folder) };
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
  const summary = parse(summarySchema, JSON.parse(found.toString('utf8')), 'summary.json');
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
async function latest({ s3, sfn, stack }: Aws): Promise<string> {
  const store = new ObjectStore(s3, stack.runsBucket);
  for (const { runId } of await listRuns(sfn, stack, MOST_RUNS)) {
    for await (const { key } of store.list(layout.report(runId)))
      if (key === layout.report(runId)) return runId;
  }
  throw new FanfleetError(
    'NO_RUNS',
    `Expected a run of the stage ${stack.stage} but there is none; \`fanfleet run\` starts one.`,
    {
      source: 'user',
    },
  );
}
