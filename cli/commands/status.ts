import { describeRun, type Execution, listRuns } from '../../src/run/start.ts';
import { type Context, connect } from '../context.ts';
import { runFailed } from './run.ts';

const MOST_RUNS = 20;

/** One run, or the latest ones. */
export async function statusCommand(context: Context, runId: string | undefined) {
  const { sfn, stack } = await connect(context);
  const runs =
    runId === undefined ? await listRuns(sfn, stack, MOST_RUNS) : [await describeRun(sfn, stack, runId)];
  return { json: { runs }, text: runs.length === 0 ? 'No runs yet.' : runs.map(line).join('\n') };
}

function line(execution: Execution): string {
  const { runId, status, startedAt, endedAt, error } = execution;
  const seconds = endedAt === null ? '' : `  ${((endedAt - startedAt) / 1000).toFixed(1)} s`;
  const why = error === null ? '' : `  ${runFailed(execution).message}`;
  return `${runId}  ${status.padEnd(9)}  ${new Date(startedAt).toISOString()}${seconds}${why}`;
}
