import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FUNCTION_MEMORY, MEASURE_METRICS } from '../../../src/cost/functions.ts';
import { TRANSITIONS } from '../../../src/cost/transitions.ts';
import { type Machine, readDefinition } from '../statemachine/definition.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** What a bill takes for granted of the stack. */
describe('the stack that is billed', () => {
  it('has functions with this memory', () => {
    const ignored = ['Sub', 'If', 'Ref', 'GetAtt', 'Join'].flatMap((name) =>
      (['scalar', 'seq', 'map'] as const).map((collection) => ({
        tag: `!${name}`,
        ...(collection === 'scalar' ? {} : { collection }),
        resolve: () => null,
      })),
    );
    const { provider, functions } = parse(read('serverless.yml'), { customTags: ignored, merge: true });
    for (const [name, memory] of Object.entries(FUNCTION_MEMORY)) {
      expect(functions[name].memorySize ?? provider.memorySize, name).toBe(memory);
    }
    expect(functions.measure.ephemeralStorageSize ?? provider.ephemeralStorageSize).toBeUndefined();
  });

  it('has a measure function with so many metrics', () => {
    const { length } = read('functions/measure-handler.ts').match(/unit: '(Count|Milliseconds)'/g) ?? [];
    expect(length).toBe(MEASURE_METRICS);
  });

  it('enters so many states', () => {
    const machine = readDefinition();
    const pass = machine.States.Passes?.ItemProcessor;
    const [serverless, fleet] = pass?.States.Arms?.Branches ?? [];
    // Choices take the way that was asked for.
    const asked = ['$.run.configureMemory', '$.outcome.failedArms'];
    const [noInputs, noBaseline] = ['$.run.hasInputs', '$.run.baseline'];
    const { run, baseline, inputs } = TRANSITIONS;
    expect(path(machine, asked).length).toBe(run + inputs + baseline);
    expect(path(machine, [...asked, noBaseline]).length).toBe(run + inputs);
    expect(path(machine, [...asked, noInputs]).length).toBe(run + baseline);
    expect(path(machine, [...asked, noInputs, noBaseline]).length).toBe(run);
    expect(path(pass, [])).toEqual(['Arms']);
    const single = ['$.run.hasStages'];
    expect(path(serverless, single).length).toBe(TRANSITIONS.serverlessBranch);
    // A run with stages that leaves none over, and one that goes on to a stage, over and over.
    const over = path(serverless, []);
    expect(over).toContain('FirstStage');
    expect(over.length).toBe(TRANSITIONS.stagedBranch);
    const left = serverless?.States.StageLeft?.Default;
    const round = path({ StartAt: left ?? '', States: serverless?.States ?? {} }, []);
    expect(round.indexOf('StageLeft') + 1).toBe(TRANSITIONS.stage);
    expect(path(fleet, []).length).toBe(TRANSITIONS.fleetBranch);
    for (const branch of [serverless, fleet]) {
      const skipped = path(branch, ['$.pass.serverless', '$.pass.fleet']);
      expect(skipped.length).toBe(TRANSITIONS.skippedBranch);
    }
  });
});

/** The states from the start to the end; a Choice goes on with its first rule unless its variable is one of `not`. */
function path(machine: Machine | undefined, not: readonly string[]): string[] {
  const names: string[] = [];
  let name = machine?.StartAt;
  while (name !== undefined) {
    names.push(name);
    const state = machine?.States[name];
    const rule = state?.Choices?.find(({ Variable, And = [{ Variable }] }) =>
      And.every(({ Variable: asked }) => asked !== undefined && !not.includes(asked)),
    );
    name = rule?.Next ?? state?.Default ?? state?.Next;
  }
  return names;
}
