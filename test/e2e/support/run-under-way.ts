import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectedStack } from '../../../scripts/own-stack/stack.ts';
import type { Arm } from '../../../src/contract/arm.ts';
import { layout } from '../../../src/contract/layout.ts';
import { describeRun } from '../../../src/run/start.ts';

/** How often is looked: the run wants the processors itself. */
const SPANS_MS = 100;

/** The id of the run that `fanfleet run` has started, once it says so. */
export function runIdFrom(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk) => {
      text += chunk;
      const runId = /run (\S+): /.exec(text)?.[1];
      if (runId !== undefined) resolve(runId);
    });
    child.once('close', () => reject(new Error(`no run id in: ${text}`)));
  });
}

/** Wait until so many batches of an arm are done. */
export async function waitForSpans(
  { runs, sfn, stack }: ConnectedStack,
  runId: string,
  arm: Arm,
  count: number,
): Promise<void> {
  for (;;) {
    let found = 0;
    for await (const _ of runs.list(layout.spans(runId, arm, 0))) found += 1;
    if (found >= count) return;
    const { status } = await describeRun(sfn, stack, runId);
    if (status !== 'RUNNING') throw new Error(`the run ended as ${status} before ${count} batches of ${arm}`);
    await sleep(SPANS_MS);
  }
}
