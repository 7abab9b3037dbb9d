import { describe, expect, it } from 'vitest';
import { capacityFrom } from '../../../localstack/ec2/state/capacity.ts';
import { launchFleet } from '../../../src/fleet/launch.ts';
import { tagsOf, useFleets } from '../../support/launched-fleet.ts';

const { fleet, terminate, instances } = useFleets({
  capacityOf: capacityFrom([
    'on-demand:c6i.large=0',
    'spot:t3.medium@us-east-1a=1',
    'spot:t3.medium@us-east-1b=1',
    'spot:t3.medium=0',
    'spot:t3a.medium=0',
    'spot:c7g.large=0',
  ]),
});

describe('a fleet where capacity is short', () => {
  it('takes the next type that has room', async () => {
    const options = fleet({ instanceTypes: ['c6i.large', 'c6a.large'] });
    const { refusals } = await launchFleet(options);
    const types = (await instances(options)).map(({ InstanceType }) => InstanceType);
    expect(types).toEqual(['c6a.large', 'c6a.large', 'c6a.large']);
    expect(refusals.length).toBeGreaterThan(0);
    await terminate(options);
  });

  it('has an On-Demand head and as many Spot workers as there are, in several zones', async () => {
    const options = fleet({ instanceTypes: ['t3.medium', 't3a.medium'], market: 'spot', workers: 3 });
    const { instances: ids, refusals } = await launchFleet(options);
    const found = await instances(options);
    expect(ids).toHaveLength(3);
    const workers = found.filter((each) => tagsOf(each)['fanfleet:role'] === 'worker');
    expect(workers.map(({ InstanceLifecycle }) => InstanceLifecycle)).toEqual(['spot', 'spot']);
    expect(workers.map(({ Placement }) => Placement?.AvailabilityZone).toSorted()).toEqual([
      'us-east-1a',
      'us-east-1b',
    ]);
    expect(found[0]?.InstanceLifecycle).toBeUndefined();
    expect(refusals.join('\n')).toMatch(
      /t3a?\.medium in subnet-\w+: InsufficientInstanceCapacity: There is no Spot/,
    );
    await terminate(options);
  });

  it('fails without a worker, in the words of EC2, and leaves its head to terminate-fleet', async () => {
    const options = fleet({ instanceType: 'c7g.large', market: 'spot' });
    await expect(launchFleet(options)).rejects.toMatchObject({
      code: 'NOT_LAUNCHED',
      source: 'aws',
      message: expect.stringMatching(
        /Expected EC2 to start 2 workers \(spot, c7g\.large\) but it started none\. .*There is no Spot capacity/,
      ),
    });
    expect(await terminate(options)).toHaveLength(1);
  });
});
