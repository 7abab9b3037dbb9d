import { expect, it } from 'vitest';
import { instanceLives } from '../../../src/fleet/instance-lives.ts';
import { useFleets } from '../../support/launched-fleet.ts';

const fleets = useFleets();
const { fleet, launch, terminate } = fleets;

it('tells of every instance of a round once it is gone, the head first', async () => {
  // Prepare
  const before = Date.now();
  const options = fleet({ workers: 2, instanceType: 't3.small', market: 'spot' });
  const ids = await launch(options);
  const other = await launch({ ...options, round: 1 });
  await terminate(options, 0);

  // Act
  const { stage, runId } = options.run;
  const now = Date.now();
  const lives = await instanceLives(fleets.ec2, { stage, runId, round: 0, now });

  // Assess
  expect(lives.map(({ instanceId }) => instanceId).toSorted()).toEqual(ids.toSorted());
  expect(lives.map(({ role, market, type }) => [role, market, type])).toEqual([
    ['head', 'on-demand', 't3.small'],
    ['worker', 'spot', 't3.small'],
    ['worker', 'spot', 't3.small'],
  ]);
  for (const { launchedAt, endedAt } of lives) {
    // EC2 tells whole seconds.
    expect(launchedAt).toBeGreaterThan(before - 1000);
    expect(endedAt).toBe(now);
  }
  expect((await terminate(options, 1)).toSorted()).toEqual(other.toSorted());
});
