import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeAll, expect, inject } from 'vitest';
import { CREDENTIALS, REGION, readState } from '../../../localstack/offline.ts';
import { cli, cliJson } from '../../../scripts/own-stack/cli.ts';
import {
  type ConnectedStack,
  connectStack,
  liveInstances,
  readSummary,
  waitForEnd,
} from '../../../scripts/own-stack/stack.ts';
import { keptFleetRun } from '../../../src/contract/layout.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';

/**
 * What tests of kept fleets do with the stack. After each test none may be left of those that it started.
 *
 * @param prefixes of the names of those that its commands start, and no other file's that runs meanwhile
 */
export function useKeptFleets(...prefixes: string[]) {
  let stack: ConnectedStack;
  let ssm: SSMClient;
  const started = new Set<string>();

  beforeAll(async () => {
    stack = await connectStack(inject('home'));
    const endpoint = `http://127.0.0.1:${(await readState(stack.home))?.port}`;
    ssm = new SSMClient({ region: REGION, credentials: CREDENTIALS, endpoint });
  });
  afterEach(async () => {
    const { fleets } = await cliJson<{ fleets: { name: string }[] }>(stack.home, ['fleet', 'list']);
    const isOwn = (name: string) => started.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
    const left = fleets.filter(({ name }) => isOwn(name));
    for (const { name } of left) await cli(stack.home, ['fleet', 'stop', name, '--now']);
    expect(left, 'fleets that a test has left').toEqual([]);
  });

  function start(name: string, ...options: string[]): Promise<{ id: string }> {
    started.add(name);
    return cliJson(stack.home, ['fleet', 'start', name, ...options]);
  }

  /** The summary of a run that has succeeded. */
  async function done(runId: string): Promise<Summary> {
    const { status, cause } = await waitForEnd(stack, runId);
    expect(status, cause ?? '').toBe('SUCCEEDED');
    return readSummary(stack, runId);
  }

  /** The names of the secrets of a run, or of the run that a kept fleet counts as. */
  async function secretsBelow(runId: string) {
    const Path = `/fanfleet/local/${runId}`;
    const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand({ Path, Recursive: true }));
    return Parameters.map(({ Name }) => Name);
  }

  async function expectNothingLeft(id: string): Promise<void> {
    expect(await secretsBelow(keptFleetRun(id))).toEqual([]);
    expect(await liveInstances(stack, keptFleetRun(id))).toEqual([]);
  }

  return {
    /** There from the first test on. */
    get stack() {
      return stack;
    },
    start,
    done,
    secretsBelow,
    expectNothingLeft,
  };
}

/** The only arm of a run with one. */
export function armOf(summary: Summary) {
  return summary.rounds[0]?.arms[0] ?? expect.fail('no arm');
}
