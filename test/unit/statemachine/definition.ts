import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** A state of the Amazon States Language, as far as the tests look at it. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly Choices?: readonly {
    readonly Variable?: string;
    readonly And?: readonly { readonly Variable?: string }[];
    readonly BooleanEquals?: boolean;
    readonly Next: string;
  }[];
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Branches?: readonly Machine[];
  readonly ItemProcessor?: Machine & { readonly ProcessorConfig: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly JitterStrategy?: string;
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly MaxAttempts?: number;
}

export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:';

/** A definition in `statemachine/`, with the ARN of a function, and the name of what else is referred to, as CloudFormation puts them. */
export function readDefinition(name: 'benchmark' | 'nightly' | 'fleets' = 'benchmark'): Machine {
  const text = readFileSync(new URL(`../../../statemachine/${name}.asl.yaml`, import.meta.url), 'utf8');
  return parse(text, {
    customTags: [
      { tag: '!GetAtt', resolve: (value: string) => ARN + value.replace(/\.Arn$/, '') },
      {
        tag: '!Ref',
        resolve: (value: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${value}`,
      },
    ],
  });
}

/** The function that a state calls, by its name in `serverless.yml`. */
export function functionOf(state: State | undefined): string | undefined {
  const name = state?.Parameters?.FunctionName;
  return typeof name === 'string' && name.startsWith(ARN) ? name.slice(ARN.length) : undefined;
}

/** Every machine in a machine: itself, branches, and what a Map runs. */
export function machines(machine: Machine): Machine[] {
  const inner = Object.values(machine.States).flatMap(({ Branches = [], ItemProcessor }) => [
    ...Branches,
    ...(ItemProcessor === undefined ? [] : [ItemProcessor]),
  ]);
  return [machine, ...inner.flatMap(machines)];
}

export function allStates(machine: Machine): [string, State][] {
  return machines(machine).flatMap(({ States }) => Object.entries(States));
}

/** Where a state can go, errors included. */
export function successors(state: State): string[] {
  const next = [state.Next, state.Default, ...(state.Choices ?? []).map((rule) => rule.Next)];
  return [...next, ...(state.Catch ?? []).map((rule) => rule.Next)].filter((name) => name !== undefined);
}

/** States that can be reached, the start included, without going past one of `barriers`. */
export function reachable({ States }: Machine, from: string, barriers: ReadonlySet<string>): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name) || barriers.has(name)) return;
    seen.add(name);
    for (const next of successors(States[name] ?? { Type: 'missing' })) visit(next);
  };
  visit(from);
  return seen;
}
