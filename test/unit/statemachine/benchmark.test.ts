import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { STEP_FUNCTIONS_LIMITS } from '../../../src/aws/limits.ts';
import { passesSchema } from '../../../src/report/arm-times.ts';
import { passSchema, runSchema } from '../../../src/run/run.ts';
import { mostRounds } from '../../../src/run/stage-limit.ts';
import {
  allStates,
  functionOf,
  type Machine,
  machines,
  reachable,
  readDefinition,
  type State,
} from './definition.ts';

/** It has no types. It writes into what it is given. */
const validate: (definition: object) => { isValid: boolean; errors: readonly unknown[] } = createRequire(
  import.meta.url,
)('asl-validator');
const definition = readDefinition();
const machineWith = (name: string): Machine => {
  const found = machines(definition).find(({ States }) => name in States);
  if (found === undefined) throw new Error(`Expected a state ${name}`);
  return found;
};
const stateOf = (name: string): State => machineWith(name).States[name] as State;
const tasks = allStates(definition).filter(([, { Type }]) => Type === 'Task');
const isEnd = ({ End, Type }: State) => End === true || Type === 'Fail' || Type === 'Succeed';

describe('the definition', () => {
  it('is valid Amazon States Language', () => {
    const { isValid, errors } = validate(structuredClone(definition));
    expect(errors).toEqual([]);
    expect(isValid).toBe(true);
  });

  it('would not be, with a transition to nowhere', () => {
    const broken = structuredClone(definition) as { States: Record<string, { Next?: string }> };
    broken.States.Plan = { ...broken.States.Plan, Next: 'Nowhere' };
    expect(validate(broken).isValid).toBe(false);
  });

  it('calls functions of the stack only', () => {
    const text = readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8');
    const stack = parse(text, { logLevel: 'silent' }) as { functions: Record<string, unknown> };
    const called = new Set(tasks.map(([, state]) => functionOf(state)).filter((name) => name !== undefined));
    expect([...called].filter((name) => !(name in stack.functions))).toEqual([]);
    // Which of the two measures, the run says; `recordNight` is called by the other machine.
    expect([...called, 'measure', 'measureModel', 'recordNight'].toSorted()).toEqual(
      Object.keys(stack.functions).toSorted(),
    );
  });

  it('asks the run and the pass for fields that they have', () => {
    const text = JSON.stringify(definition);
    const asked = (what: string) => [
      ...new Set(text.matchAll(new RegExp(`"\\$\\.${what}\\.(\\w+)`, 'g')).map(([, field]) => field)),
    ];
    expect(asked('run').length).toBeGreaterThan(8);
    expect(asked('run').filter((field) => !(`${field}` in runSchema.shape))).toEqual([]);
    expect(asked('pass').filter((field) => !(`${field}` in passSchema.shape))).toEqual([]);
  });
});

describe('every task', () => {
  it.each(tasks)('%s is tried again, with jitter', (_, { Retry = [] }) => {
    expect(Retry.length).toBeGreaterThan(0);
    for (const { JitterStrategy, MaxAttempts = 3 } of Retry) {
      expect(JitterStrategy).toBe('FULL');
      expect(MaxAttempts).toBeGreaterThan(0);
    }
    // States.ALL is allowed alone and last only.
    const all = Retry.findIndex(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
    if (all >= 0) {
      expect(Retry[all]?.ErrorEquals).toEqual(['States.ALL']);
      expect(all).toBe(Retry.length - 1);
    }
  });

  it.each(tasks)('%s is tried again when Lambda throttles or fails', (_, { Retry = [] }) => {
    const errors = new Set(Retry.flatMap(({ ErrorEquals }) => ErrorEquals));
    for (const error of ['Lambda.TooManyRequestsException', 'Lambda.ServiceException']) {
      expect(errors.has(error) || errors.has('States.ALL')).toBe(true);
    }
  });

  it.each(tasks.filter(([, { Resource }]) => Resource?.endsWith('.waitForTaskToken')))(
    '%s that waits for a token has a deadline and a heartbeat',
    (_, state) => {
      expect(state.TimeoutSeconds ?? state.TimeoutSecondsPath).toBeDefined();
      expect(state.HeartbeatSeconds ?? state.HeartbeatSecondsPath).toBeDefined();
    },
  );
});

describe('the fleet', () => {
  const branch = machineWith('LaunchFleet');
  const terminates = (machine: Machine) =>
    new Set(
      Object.keys(machine.States).filter((name) => functionOf(machine.States[name]) === 'terminateFleet'),
    );

  it('is terminated on every way from its launch to the end of the branch', () => {
    const barriers = terminates(branch);
    expect(barriers.size).toBeGreaterThan(0);
    const before = reachable(branch, 'LaunchFleet', barriers);
    expect([...before].filter((name) => isEnd(branch.States[name] as State))).toEqual([]);
    // A state in between that could fail would leave the branch without a clean-up.
    expect([...before]).toEqual(['LaunchFleet']);
  });

  it('is launched by a state that catches everything', () => {
    expect(stateOf('LaunchFleet').Catch?.map(({ ErrorEquals }) => ErrorEquals)).toEqual([['States.ALL']]);
  });

  it('is launched nowhere else', () => {
    expect(tasks.filter(([, state]) => functionOf(state) === 'launchFleet').map(([name]) => name)).toEqual([
      'LaunchFleet',
    ]);
  });

  it('is terminated by its run and round, with retries that outlast a bad minute', () => {
    for (const [, state] of tasks.filter(([, task]) => functionOf(task) === 'terminateFleet')) {
      expect(state.Parameters?.Payload).toEqual({
        'runId.$': '$.run.runId',
        'round.$': '$.pass.round',
        'keptFleet.$': '$.run.keptFleet',
      });
      expect(state.ResultPath).toBeNull();
      expect(state.Retry?.at(-1)).toMatchObject({ ErrorEquals: ['States.ALL'], MaxAttempts: 8 });
    }
  });

  it('is terminated too when a branch fails that should not', () => {
    const outer = machineWith('Arms');
    const rule = stateOf('Arms').Catch?.find(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
    expect(functionOf(outer.States[rule?.Next ?? ''])).toBe('terminateFleet');
    const after = reachable(outer, rule?.Next ?? '', new Set());
    expect([...after].filter((name) => isEnd(outer.States[name] as State))).toEqual(['PassFailed']);
    expect(stateOf('PassFailed').Type).toBe('Fail');
  });
});

describe('inputs', () => {
  const goesTo = (run: Readonly<Record<string, boolean>>, from: string) => {
    const { Choices = [], Default } = stateOf(from);
    return Choices.find(({ Variable }) => run[Variable?.replace('$.run.', '') ?? ''])?.Next ?? Default;
  };

  it.each([
    [true, true, 'Prepare'],
    [true, false, 'Prepare'],
    [false, true, 'Baseline'],
    [false, false, 'Passes'],
  ])('of a run that has some (%s) are prepared after the plan; baseline %s', (hasInputs, baseline, next) => {
    expect(stateOf('Plan').Next).toBe('InputsAsked');
    expect(goesTo({ hasInputs, baseline }, 'InputsAsked')).toBe(next);
  });

  it('are there before the first image is measured, in the baseline or an arm', () => {
    expect(functionOf(stateOf('Prepare'))).toBe('prepare');
    expect(stateOf('Prepare')).toMatchObject({ Next: 'BaselineAsked', ResultPath: null });
    expect(goesTo({ baseline: true }, 'BaselineAsked')).toBe('Baseline');
    expect(goesTo({ baseline: false }, 'BaselineAsked')).toBe('Passes');
  });

  it('that cannot be made end the run, as a plan that cannot does', () => {
    expect(stateOf('Prepare').Catch).toBeUndefined();
    expect(stateOf('Prepare').Retry).toEqual(stateOf('Plan').Retry);
  });
});

describe('an arm', () => {
  it.each([
    ['serverless', 'ServerlessWanted', 'FanOut'],
    ['fleet', 'FleetWanted', 'LaunchFleet'],
  ])('%s can be switched off: nothing of it is started then', (arm, choice, worker) => {
    // Act
    const machine = machineWith(choice);
    const { Choices, Default = '' } = stateOf(choice);
    const skipped = machine.States[Default] as State;

    // Assess
    expect(machine.StartAt).toBe(choice);
    const wanted = { Variable: `$.pass.${arm}`, BooleanEquals: true };
    const staged = {
      And: [wanted, { Variable: '$.run.hasStages', BooleanEquals: true }],
      Next: 'StagedStarted',
    };
    expect(Choices).toEqual([
      ...(arm === 'serverless' ? [staged] : []),
      { ...wanted, Next: expect.any(String) },
    ]);
    expect(reachable(machine, Choices?.[0]?.Next ?? '', new Set())).toContain(worker);
    expect([...reachable(machine, Default, new Set())]).toEqual([Default]);
    expect(isEnd(skipped)).toBe(true);
    expect(skipped.Parameters).toMatchObject({ arm, status: 'skipped' });
  });

  it.each(['Serverless', 'Fleet'])('%s ends with what aggregate reads', (name) => {
    const sample = {
      arm: 'fleet',
      round: 0,
      startedAt: '2026-01-01T00:00:00Z',
      endedAt: '2026-01-01T00:00:01Z',
      error: {},
    };
    for (const outcome of ['Skipped', 'Ended', 'Failed']) {
      const state = stateOf(`${name}${outcome}`);
      const output = Object.fromEntries(
        Object.entries(state.Parameters ?? {}).map(([field, value]) => {
          const plain = field.replace(/\.\$$/, '');
          return [plain, plain === field ? value : sample[plain as keyof typeof sample]];
        }),
      );
      expect(state.End).toBe(true);
      expect(passesSchema.parse([[output]])[0]?.[0]).toMatchObject({ arm: name.toLowerCase() });
    }
  });

  it('that fails does not end the other one: the error becomes its outcome', () => {
    for (const [state, failed] of [
      ['FanOut', 'ServerlessFailed'],
      ['FirstStage', 'ServerlessFailed'],
      ['Reduce', 'ServerlessFailed'],
      ['LaunchFleet', 'FleetFailed'],
    ] as const) {
      const rule = stateOf(state).Catch?.find(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
      expect(reachable(machineWith(state), rule?.Next ?? '', new Set())).toContain(failed);
      expect(stateOf(failed).Type).toBe('Pass');
    }
  });
});

describe('the distributed map', () => {
  it('runs express children over the manifest, bounded and tolerant as the run says', () => {
    expect(stateOf('FanOut')).toMatchObject({
      ItemReader: {
        Resource: 'arn:aws:states:::s3:getObject',
        ReaderConfig: { InputType: 'JSON' },
        Parameters: { 'Bucket.$': '$.run.runsBucket', 'Key.$': '$.plan.manifestKey' },
      },
      MaxConcurrencyPath: '$.run.concurrency',
      ToleratedFailurePercentagePath: '$.run.toleratedFailures',
      ResultPath: null,
      ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' } },
    });
  });

  it('has no child that waits for a token or another execution, which express ones cannot', () => {
    const child = stateOf('FanOut').ItemProcessor as Machine;
    const resources = allStates(child).map(([, { Resource }]) => Resource ?? '');
    expect(resources.filter((resource) => /\.(sync|waitForTaskToken)/.test(resource))).toEqual([]);
  });
});

describe('a run with stages', () => {
  const path = '$.serverless.next.stage';

  it('asks where to begin, and leaves what it is told where each stage is looked for', () => {
    expect(stateOf('StagedStarted')).toMatchObject({
      Next: 'FirstStage',
      Parameters: stateOf('ServerlessStarted').Parameters ?? {},
      ResultPath: '$.serverless',
    });
    expect(stateOf('FirstStage')).toMatchObject({
      Parameters: { Payload: { 'run.$': '$.run', 'round.$': '$.pass.round', stage: null } },
      Next: 'StageLeft',
    });
    for (const name of ['FirstStage', 'Reduce']) {
      expect(functionOf(stateOf(name))).toBe('reduce');
      expect(stateOf(name)).toMatchObject({
        ResultSelector: { 'stage.$': '$.Payload.stage' },
        ResultPath: '$.serverless.next',
      });
    }
  });

  it('maps and reduces one stage after the other, until none is left', () => {
    expect(stateOf('StageLeft')).toMatchObject({
      Choices: [{ Variable: path, IsNull: true, Next: 'ServerlessEnded' }],
      Default: 'FanOut',
    });
    expect(stateOf('FanOut')).toMatchObject({
      ItemSelector: { payload: { 'stage.$': path } },
      Next: 'StagesAsked',
    });
    expect(stateOf('StagesAsked')).toMatchObject({
      Choices: [{ Variable: '$.run.hasStages', BooleanEquals: true, Next: 'Reduce' }],
      Default: 'ServerlessEnded',
    });
    expect(stateOf('Reduce')).toMatchObject({
      Parameters: { Payload: { 'run.$': '$.run', 'round.$': '$.pass.round', 'stage.$': `${path}.number` } },
      Next: 'StageLeft',
    });
  });

  it('has no stage where it is a single map, whose batches are told so', () => {
    expect(stateOf('ServerlessStarted')).toMatchObject({
      Parameters: { next: { stage: null } },
      ResultPath: '$.serverless',
      Next: 'FanOut',
    });
  });

  it('keeps within the history of an execution', () => {
    const events = ['FanOut', 'StagesAsked', 'Reduce', 'StageLeft'].map((name) => {
      const { Type } = stateOf(name);
      return { Map: 4, Choice: 2, Task: 5 }[Type] ?? expect.fail(`${name} is a ${Type}`);
    });
    const ofStage = events.reduce((sum, count) => sum + count, 0);
    for (const stages of [1, 10, 100, 300]) {
      const used = mostRounds(stages) * stages * ofStage;
      expect(used).toBeLessThanOrEqual(STEP_FUNCTIONS_LIMITS.historyEvents - 5_000);
      expect(used).toBeGreaterThan(STEP_FUNCTIONS_LIMITS.historyEvents / 2);
    }
  });
});

describe('the end', () => {
  it('is a failure exactly where an arm failed or the arms disagree, after the report', () => {
    expect(stateOf('Report').Next).toBe('Outcome');
    expect(stateOf('Outcome')).toMatchObject({
      Choices: [
        { Variable: '$.outcome.failedArms', NumericGreaterThan: 0, Next: 'ArmFailed' },
        {
          // Null where there was nothing to compare.
          And: [
            { Variable: '$.outcome.digestsEqual', IsBoolean: true },
            { Variable: '$.outcome.digestsEqual', BooleanEquals: false },
          ],
          Next: 'ArmsDisagree',
        },
      ],
      Default: 'Done',
    });
    expect(stateOf('ArmFailed')).toMatchObject({ Type: 'Fail', Error: 'ArmFailed' });
    expect(stateOf('ArmsDisagree')).toMatchObject({ Type: 'Fail', Error: 'ArmsDisagree' });
  });
});
