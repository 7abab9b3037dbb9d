import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { resolveKeptFleet } from '../../../src/fleet/kept/kept-fleet.ts';
import { allStates, functionOf, readDefinition } from './definition.ts';

// It is CommonJS, whose types name a default export only.
const validate = createRequire(import.meta.url)('asl-validator');
const fleets = readDefinition('fleets');
const states = new Map(allStates(fleets));
const keeper = readFileSync(new URL('../../../ec2-workers/fanfleet/keeper.py', import.meta.url), 'utf8');

it('the definition is valid Amazon States Language', () => {
  expect(validate(structuredClone(fleets))).toMatchObject({ isValid: true, errors: [] });
});

it('a fleet is ended however its boot or its keeping ends', () => {
  for (const name of ['Boot', 'Keep']) {
    const catches = states.get(name)?.Catch ?? [];
    expect(catches.map(({ ErrorEquals, Next }) => [ErrorEquals, Next])).toEqual([
      [['States.ALL'], 'TerminateLost'],
    ]);
  }
  expect(states.get('Keep')?.Next).toBe('Terminate');
  for (const name of ['Terminate', 'TerminateLost'])
    expect(functionOf(states.get(name))).toBe('terminateFleet');
});

it('a head that has booted is missed within about a minute, and not for one heartbeat that is late', () => {
  const every = Number(/^HEARTBEAT_S = ([\d.]+)$/m.exec(keeper)?.[1]);
  expect(every).toBeGreaterThan(0);
  expect(states.get('Keep')?.HeartbeatSeconds).toBeLessThanOrEqual(60);
  expect(states.get('Keep')?.HeartbeatSeconds).toBeGreaterThanOrEqual(4 * every);
  // It has to boot first, which takes minutes in AWS.
  expect(states.get('Launch')?.HeartbeatSecondsPath).toBe('$.fleet.heartbeat');
});

it('no deadline is as short as the time after which a head is missed, which Step Functions refuses', () => {
  const { Keep, Launch } = Object.fromEntries(states);
  expect([Keep?.TimeoutSecondsPath, Launch?.TimeoutSecondsPath]).toEqual(Array(2).fill('$.fleet.deadline'));
  const deployment = { stage: 'dev', runsBucket: 'runs', fleetHeartbeat: 600, version: '1.0.0' };
  const of = (deadline: unknown) => resolveKeptFleet({ deadline }, 'four.1', 0, deployment);
  expect(() => of(Keep?.HeartbeatSeconds)).toThrow('at least 120 for `deadline`');
  expect(of(120).heartbeat).toBeLessThan(120);
});

it('every function that a run on a kept fleet calls is started while the fleet boots', () => {
  const called = (name: 'benchmark' | 'fleets') =>
    allStates(readDefinition(name)).flatMap(([, state]) => functionOf(state) ?? []);
  const arns = (states.get('Functions')?.Parameters?.arns ?? []) as readonly string[];
  const warm = arns.map((arn) => arn.slice(arn.lastIndexOf(':') + 1));
  const asked = ['baseline', 'configureMemory', 'prepare', 'reduce'];
  expect(new Set([...warm, ...called('fleets'), ...asked])).toEqual(
    new Set([...called('benchmark'), ...asked]),
  );
});
