import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { allStates, functionOf, reachable, readDefinition, type State } from './definition.ts';

/** It has no types. It writes into what it is given. */
const validate: (definition: object) => { isValid: boolean; errors: readonly unknown[] } = createRequire(
  import.meta.url,
)('asl-validator');
const definition = readDefinition('nightly');
const stateOf = (name: string): State => definition.States[name] as State;
const tasks = allStates(definition).filter(([, { Type }]) => Type === 'Task');

describe('the nightly definition', () => {
  it('is valid Amazon States Language', () => {
    expect(validate(structuredClone(definition))).toMatchObject({ isValid: true, errors: [] });
  });

  it('starts the benchmark under its own name and waits for it', () => {
    expect(stateOf('Benchmark')).toMatchObject({
      Resource: 'arn:aws:states:::states:startExecution.sync:2',
      Parameters: { 'Name.$': '$$.Execution.Name', StateMachineArn: expect.stringMatching(/:Benchmark$/) },
    });
  });

  it('ends before the next night, and the benchmark before that', () => {
    expect(definition).toMatchObject({ TimeoutSeconds: expect.any(Number) });
    const { TimeoutSeconds = 0 } = definition as { TimeoutSeconds?: number };
    expect(TimeoutSeconds).toBeLessThan(86_400);
    expect(Number(stateOf('Benchmark').TimeoutSeconds)).toBeLessThan(TimeoutSeconds);
  });

  it('does not run a night that failed again: that would hide it', () => {
    const errors = stateOf('Benchmark').Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatch(/^StepFunctions\./);
  });

  it('records every night, however its benchmark ended', () => {
    const everyEnd = [
      stateOf('Benchmark').Next,
      ...(stateOf('Benchmark').Catch ?? []).map(({ Next }) => Next),
    ];
    expect(everyEnd).toEqual(['Record', 'Record']);
    expect(functionOf(stateOf('Record'))).toBe('recordNight');
    expect(stateOf('Benchmark').Catch?.[0]?.ErrorEquals).toEqual(['States.ALL']);
  });

  it('says so on the topic if a night cannot be recorded, and fails', () => {
    const [rule] = stateOf('Record').Catch ?? [];
    const after = reachable(definition, rule?.Next ?? '', new Set());
    expect([...after].map((name) => stateOf(name).Type)).toEqual(['Task', 'Fail']);
  });

  it.each(tasks)('%s is tried again, with jitter', (_, { Retry = [] }) => {
    expect(Retry.length).toBeGreaterThan(0);
    for (const { JitterStrategy } of Retry) expect(JitterStrategy).toBe('FULL');
  });
});

interface Resource {
  readonly Condition?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

describe('the schedule', () => {
  const text = readFileSync(new URL('../../../resources/nightly.yml', import.meta.url), 'utf8');
  const tags = ['!Ref', '!GetAtt', '!Sub', '!Equals', '!Not'];
  const resolve = { resolve: (value: unknown) => value };
  const { Resources } = parse(text, {
    customTags: tags.flatMap((tag) => [
      { tag, ...resolve },
      { tag, collection: 'seq' as const, ...resolve },
    ]),
    logLevel: 'silent',
  }) as { Resources: Record<string, Resource> };
  const serverless = readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8');

  it('is there only where it is asked for, as is the role that it has', () => {
    expect(Resources.NightlyRun?.Condition).toBe('Nightly');
    expect(Resources.NightlyScheduleRole?.Condition).toBe('Nightly');
    expect(serverless).toMatch(/^ {4}nightly: ''$/m);
  });

  it('gives the machine what it reads, whatever the parameters are', () => {
    const { Input } = (Resources.NightlyRun?.Properties.Target ?? {}) as { Input: string };
    const parameters: Record<string, string> = {
      nightlyHistory: 'nightly',
      nightlyPrefix: 'train/',
      nightlyRepeats: '5',
      nightlyRequest: '{"engine":"ray"}',
    };
    const filled = Input.replace(/\$\{param:(\w+)\}/g, (_, name: string) => parameters[name] ?? '');
    expect(JSON.parse(filled)).toEqual({
      history: 'nightly',
      request: { prefix: 'train/', repeats: 5 },
      more: { engine: 'ray' },
    });
  });
});
