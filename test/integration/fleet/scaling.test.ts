import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { capacityFrom } from '../../../localstack/ec2/state/capacity.ts';
import { ObjectStore } from '../../../src/aws/object-store.ts';
import { layout } from '../../../src/contract/layout.ts';
import type { LaunchOptions } from '../../../src/fleet/launch.ts';
import { fleetNetwork } from '../../../src/fleet/network.ts';
import { workerStartsSchema } from '../../../src/fleet/worker-starts.ts';
import { Ec2WorkerPool, type Ec2WorkerPoolOptions } from '../../../src/grpc/head/ec2-worker-pool.ts';
import { fleetScaling } from '../../../src/grpc/head/fleet-scaling.ts';
import { tagsOf, useFleets } from '../../support/launched-fleet.ts';

const RUNS = 'runs';
const REQUEST = { engine: 'grpc', workers: 1, workersMax: 4 };

const fleets = useFleets({
  capacityOf: capacityFrom(['on-demand:c6i.large@us-east-1a=4', 'on-demand:c6i.large=0']),
});
let store: ObjectStore;
beforeAll(async () => {
  store = new ObjectStore(fleets.s3, RUNS);
  await fleets.s3.send(new CreateBucketCommand({ Bucket: RUNS }));
});

async function poolOptions({ run, round, settings }: LaunchOptions): Promise<Ec2WorkerPoolOptions> {
  const { subnetIds } = await fleetNetwork(fleets.ec2, settings.subnets);
  return { ec2: fleets.ec2, store, run, round, subnetIds, now: Date.now };
}

/** What a head finds when it starts again. */
async function starts({ run, round }: LaunchOptions) {
  const key = layout.workerStarts(run.runId, round);
  return workerStartsSchema.parse(await store.getJson(key)).starts;
}

describe('a head', () => {
  it('starts workers that are like those of the launch, and are found and ended with them', async () => {
    // Prepare
    const options = fleets.fleet(REQUEST);
    const [head = '', first = ''] = await fleets.launch(options);

    // Act
    const pool = await Ec2WorkerPool.open(await poolOptions(options));
    const added = await pool.start(2);

    // Assess
    const all = await fleets.instances(options);
    const of = (id: string) => tagsOf(all.find(({ InstanceId }) => InstanceId === id) ?? {});
    const { 'aws:ec2:fleet-id': launched, ...tags } = of(first);
    expect(added).toHaveLength(2);
    for (const id of added) {
      expect(of(id)).toMatchObject(tags);
      expect(of(id)['aws:ec2:fleet-id']).not.toBe(launched);
    }
    const variables = (text: string) => text.match(/^FANFLEET_(?!HOST_ROOT).*$/gm);
    const [wanted, got] = await Promise.all([first, added[0] ?? ''].map(fleets.consoleOf));
    expect(variables(got ?? '')).toEqual(variables(wanted ?? ''));
    expect(wanted).not.toContain('FANFLEET_SCALING_SUBNETS');
    expect(await fleets.consoleOf(head)).toMatch(/^FANFLEET_SCALING_SUBNETS=subnet-\w+(,subnet-\w+)+$/m);
    expect(await starts(options)).toEqual([
      { call: 1, at: expect.any(Number), workers: 2, instances: added, refusals: [] },
    ]);
    await fleets.terminate(options);
    expect(await fleets.instances(options)).toEqual([]);
  });

  it('that died while it started some is told of them when it starts again, and starts none twice', async () => {
    // Prepare: the answer of EC2 never came to be written down
    const options = fleets.fleet(REQUEST);
    await fleets.launch(options);
    const settings = await poolOptions(options);
    const first = await (await Ec2WorkerPool.open(settings)).start(1);
    const [start] = await starts(options);
    await store.putJson(layout.workerStarts(options.run.runId, 0), {
      starts: [{ ...start, instances: null }],
    });

    // Act
    const again = await Ec2WorkerPool.open(settings);

    // Assess
    expect([...again.started]).toEqual([[first[0], start?.at]]);
    expect(await starts(options)).toEqual([start]);
    expect(await again.start(1)).not.toEqual(first);
    expect(await fleets.instances(options)).toHaveLength(4);
    await fleets.terminate(options);
  });

  it('goes on with fewer where there is no room, and says what EC2 said', async () => {
    const options = fleets.fleet({ ...REQUEST, instanceType: 'c6i.large' });
    await fleets.launch(options);
    const pool = await Ec2WorkerPool.open(await poolOptions(options));
    expect(await pool.start(3)).toHaveLength(2);
    await expect(pool.start(1)).rejects.toThrow(/InsufficientInstanceCapacity/);
    const noRoom = [expect.stringContaining('InsufficientInstanceCapacity')];
    expect(await starts(options)).toMatchObject([
      { call: 1, workers: 3, refusals: expect.arrayContaining(noRoom) },
      { call: 2, workers: 1, instances: [], refusals: noRoom },
    ]);
    await fleets.terminate(options);
  });

  it('can start nothing more once terminate-fleet was called', async () => {
    const options = fleets.fleet(REQUEST);
    await fleets.launch(options);
    const pool = await Ec2WorkerPool.open(await poolOptions(options));
    await fleets.terminate(options);
    await expect(pool.start(1)).rejects.toThrow(/launch template/i);
  });

  it.each<[string, object, number]>([
    ['the time that was asked for', { targetSeconds: 120 }, 120],
    ['well before the deadline without one', {}, 0.9 * 970],
    ['not later than well before the deadline', { targetSeconds: 5000 }, 0.9 * 970],
  ])('scales from its request: %s', async (_, fields, seconds) => {
    const options = fleets.fleet({ ...REQUEST, fleetDeadline: 1000, ...fields });
    const requestKey = layout.request(options.run.runId);
    await store.putJson(requestKey, options.run);
    const { run: _run, ...rest } = await poolOptions(options);
    const scaling = await fleetScaling({ ...rest, requestKey, bootStartedAt: 1_000 });
    expect(scaling).toMatchObject({ min: 1, max: 4, target: 1_000 + 1_000 * seconds, end: 971_000 });
  });
});
