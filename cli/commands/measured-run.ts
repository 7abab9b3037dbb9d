import { FanfleetError } from '../../src/errors.ts';
import type { Summary } from '../../src/report/summary-schema.ts';
import type { RequestInput } from '../../src/run/request.ts';
import type { Aws, Context } from '../context.ts';
import { followToReport, start } from './run.ts';

export interface FailedRun {
  readonly status: 'failed';
  readonly runId: string;
  readonly error: { readonly code: string; readonly message: string };
}

/**
 * Make one of several runs that are compared; the others go on if it fails for a reason of its own.
 *
 * @param measure makes of its summary what is compared
 * @throws FanfleetError what is wrong with the request, and so with that of every such run; or what is no fault of AWS
 */
export async function measuredRun<M>(
  context: Context,
  aws: Aws,
  input: RequestInput,
  measure: (summary: Summary) => Promise<M>,
): Promise<M | FailedRun> {
  const runId = await start(context, aws, input);
  try {
    const { summary } = await followToReport(context, aws, runId, input);
    return await measure(summary);
  } catch (reason) {
    context.signal.throwIfAborted();
    const { code, message, source } = FanfleetError.from(reason);
    if (source !== 'aws') throw reason;
    return { status: 'failed', runId, error: { code, message } };
  }
}
