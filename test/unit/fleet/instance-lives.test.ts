import { expect, it } from 'vitest';
import { lifeOf } from '../../../src/fleet/instance-lives.ts';

const LAUNCHED = Date.parse('2026-11-21T18:20:00Z');
const NOW = Date.parse('2026-11-21T18:40:00Z');
const instance = {
  InstanceId: 'i-1',
  InstanceType: 't4g.small' as const,
  LaunchTime: new Date(LAUNCHED),
  Tags: [{ Key: 'fanfleet:role', Value: 'head' }],
};

it('reads the end from what EC2 says of it', () => {
  const ended = { ...instance, StateTransitionReason: 'User initiated (2026-11-21 18:27:46 GMT)' };
  expect(lifeOf(ended, NOW)).toEqual({
    ...{ instanceId: 'i-1', role: 'head', type: 't4g.small', market: 'on-demand', launchedAt: LAUNCHED },
    endedAt: Date.parse('2026-11-21T18:27:46Z'),
  });
});

it('takes it to have run until now where EC2 does not say', () => {
  const spot = {
    ...instance,
    Tags: [],
    InstanceLifecycle: 'spot' as const,
    StateTransitionReason: 'Server.SpotInstanceTermination',
  };
  expect(lifeOf(spot, NOW)).toMatchObject({ role: 'worker', market: 'spot', endedAt: NOW });
});

it('has no life that ends before it begins', () => {
  expect(lifeOf({ ...instance, StateTransitionReason: '(2026-11-21 18:00:00 GMT)' }, NOW).endedAt).toBe(
    LAUNCHED,
  );
});
