import { randomBytes } from 'node:crypto';
import { ObjectStore } from '../../src/aws/object-store.ts';
import { FanfleetError } from '../../src/errors.ts';
import { figureName, headlineOf } from '../../src/history/headline.ts';
import { HistoryStore } from '../../src/history/history-store.ts';
import { type JudgedHistory, judgeHistory } from '../../src/history/judge.ts';
import { nightOfRun } from '../../src/history/night-of-run.ts';
import { historyHtml, historyMarkdown, historySvg } from '../../src/history/render.ts';
import { sparkline } from '../../src/history/sparkline.ts';
import { historyTable } from '../../src/history/table.ts';
import { trendsOf } from '../../src/history/trends.ts';
import { describeRun } from '../../src/run/start.ts';
import { type Context, connect } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import type { HistoryFormat } from '../output-formats.ts';
import { textTable } from '../text-table.ts';

/** Nights that a terminal shows. */
const MOST_ROWS = 20;

/** Show the nights of a history and the verdict on the last of them. */
export async function historyCommand(
  context: Context,
  { name, format }: { readonly name: string; readonly format: HistoryFormat },
) {
  const { store } = await open(context, name);
  return shown(judgeHistory(await store.read()), format);
}

/** Declare the present level to be the accepted one. */
export async function resetHistoryCommand(
  context: Context,
  { name, why, by }: { readonly name: string; readonly why: string; readonly by: string },
) {
  const { store } = await open(context, name);
  const before = judgeHistory(await store.read());
  if (before.nights.length === 0) {
    const message = `Expected nights in the history ${name} but there are none; there is nothing to accept.`;
    throw new FanfleetError('NO_NIGHTS', message, { source: 'user' });
  }
  if (why.trim() === '') {
    const message = 'Expected a reason in --why but it is empty; it stays on the record.';
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  await store.appendReset({ version: 1, at: Date.now(), by, why }, randomBytes(3).toString('hex'));
  await store.compact();
  return shown(judgeHistory(await store.read()), 'text');
}

/** Put a run that was started by hand on the record. */
export async function addToHistoryCommand(
  context: Context,
  runId: string,
  { name, by }: { readonly name: string; readonly by: string },
) {
  const { store, runs, aws } = await open(context, name);
  if ((await store.read()).nights.some((night) => night.runId === runId)) {
    const message = `Expected a run that is not in the history ${name} but ${runId} is there already.`;
    throw new FanfleetError('ALREADY_RECORDED', message, { source: 'user' });
  }
  const { status, startedAt, error, cause } = await describeRun(aws.sfn, aws.stack, runId);
  if (status === 'RUNNING') {
    const message = `Expected a run that has ended but ${runId} is under way; see \`fanfleet status ${runId}\`.`;
    throw new FanfleetError('RUN_UNDER_WAY', message, { source: 'user' });
  }
  const failure = status === 'SUCCEEDED' ? null : { code: error ?? status, message: cause ?? '' };
  await store.appendNight(await nightOfRun(runs, { runId, at: startedAt, error: failure, addedBy: by }));
  await store.compact();
  return shown(judgeHistory(await store.read()), 'text');
}

async function open(context: Context, name: string) {
  const aws = await connect(context);
  const runs = new ObjectStore(aws.s3, aws.stack.runsBucket);
  return { aws, runs, store: new HistoryStore(runs, name) };
}

function shown(history: JudgedHistory, format: HistoryFormat) {
  const json = { ...history, headline: headlineOf(history) };
  const exitCode: ExitCode = history.regressions.length > 0 ? EXIT.THRESHOLD_MISSED : EXIT.OK;
  return { json, text: rendered(history, format, json), exitCode };
}

function rendered(history: JudgedHistory, format: HistoryFormat, json: object): string {
  switch (format) {
    case 'text':
      return historyText(history);
    case 'json':
      return JSON.stringify(json);
    case 'md':
      return historyMarkdown(history);
    case 'svg':
      return historySvg(history);
    case 'html':
      return historyHtml(history);
  }
}

function historyText(history: JudgedHistory): string {
  const { columns, rows } = historyTable(history, MOST_ROWS);
  const last = columns.length - 2;
  const aligned = columns.map((title, i) => ({
    title,
    align: i < 2 || i >= last ? ('left' as const) : ('right' as const),
  }));
  const trends = trendsOf(history, 2 * MOST_ROWS).map(
    (trend) => [figureName(trend), sparkline(trend.points.map(({ value }) => value))] as const,
  );
  return [
    headlineOf(history),
    ...(rows.length === 0 ? [] : ['', ...textTable(aligned, rows)]),
    ...(trends.length === 0 ? [] : ['', ...trends.map(([name, bars]) => `${name.padEnd(16)}  ${bars}`)]),
  ].join('\n');
}
