import { setTimeout as sleep } from 'node:timers/promises';
import { RunInstancesCommand, type Tag, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { ParameterNotFound } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import type { LaunchOptions } from '../../../src/fleet/launch.ts';
import { terminateFleet } from '../../../src/fleet/terminate.ts';
import { SCRIPT, useFleets } from '../../support/launched-fleet.ts';

const fleets = useFleets();
const { fleet, launch, terminate, instances, templates, secrets, consoleOf } = fleets;

describe('terminateFleet', () => {
  const parameterOf = (options: LaunchOptions) =>
    secrets(options).then(
      () => 'there',
      (error) => error,
    );

  it('ends every instance of the run and deletes its secrets, of all rounds if none is named', async () => {
    // Prepare
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const other = fleet({ workers: 1 });
    const ids = [...(await launch(options)), ...(await launch(next))];
    await launch(other);

    // Act
    const ended = await terminate(options);

    // Assess
    expect(ended.toSorted()).toEqual(ids.toSorted());
    expect(await instances(options)).toEqual([]);
    expect(await templates(options)).toEqual([]);
    for (const gone of [options, next]) expect(await parameterOf(gone)).toBeInstanceOf(ParameterNotFound);
    expect(await instances(other)).toHaveLength(2);
    expect(await templates(other)).toHaveLength(2);
    expect(await parameterOf(other)).toBe('there');
    await terminate(other);
  });

  it('ends one round, and leaves the others', async () => {
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const first = await launch(options);
    const second = await launch(next);
    expect((await terminate(options, 0)).toSorted()).toEqual(first.toSorted());
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
    expect(await parameterOf(next)).toBe('there');
    expect((await terminate(options, 1)).toSorted()).toEqual(second.toSorted());
  });

  it('may be called again, for a run that never was, and for one whose launch broke off', async () => {
    // Prepare: the head is up, the workers could not be started
    const options = fleet({}, { scripts: { head: SCRIPT, worker: 'no script' } });
    await expect(launch(options)).rejects.toThrow('InvalidUserData.Malformed');

    // Act
    const ended = await terminate(options, 0);

    // Assess
    expect(ended).toHaveLength(1);
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
    expect(await terminate(options, 0)).toEqual([]);
    expect(await terminate(options)).toEqual([]);
    expect(await terminate(fleet())).toEqual([]);
  });

  it('returns when all are gone, also those that another call is ending', async () => {
    // Prepare: hosts that use the whole grace
    const slow = SCRIPT.replace('exec sleep 600', "trap '' TERM; while :; do sleep 600 & wait $!; done");
    const options = fleet({ workers: 1 }, { scripts: { head: slow, worker: slow } });
    const InstanceIds = [...(await launch(options))];
    await Promise.all(InstanceIds.map(consoleOf));

    // Act
    await fleets.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await terminate(options);

    // Assess
    expect(await instances(options)).toEqual([]);
  });

  it('deletes the secrets of a run whose instances have ended themselves', async () => {
    const options = fleet({ workers: 1 });
    const InstanceIds = [...(await launch(options))];
    await fleets.ec2.send(new TerminateInstancesCommand({ InstanceIds, SkipOsShutdown: true }));
    await expect.poll(() => instances(options)).toEqual([]);
    expect(await terminate(options)).toEqual([]);
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
  });

  it('says which instances are still there when they do not end in time', async () => {
    const stubborn = SCRIPT.replace('exec sleep 600', "trap '' TERM; while :; do sleep 600 & wait $!; done");
    const options = fleet({ workers: 1 }, { scripts: { head: stubborn, worker: stubborn } });
    const ids = await launch(options);
    await Promise.all(ids.map(consoleOf));
    const failure = terminate(options, undefined, 0);
    await expect(failure).rejects.toMatchObject({ code: 'FLEET_NOT_TERMINATED', source: 'aws' });
    await expect(failure).rejects.toThrow(ids[0]);
    await expect.poll(() => instances(options)).toEqual([]);
  });

  it('finds what a launch that is still under way starts in between', async () => {
    // Prepare: a head that takes its time to end, so that there is a second look
    const slow = SCRIPT.replace('exec sleep 600', "trap '' TERM; while :; do sleep 600 & wait $!; done");
    const options = fleet({ workers: 1 }, { scripts: { head: slow, worker: SCRIPT } });
    const [head = '', worker = ''] = await launch(options);
    await consoleOf(head);
    const { ImageId, Tags } =
      (await instances(options)).find(({ InstanceId }) => InstanceId === worker) ?? {};
    let late: string | undefined;

    // Act
    const ended = await terminateFleet({
      ec2: fleets.ec2,
      ssm: fleets.ssm,
      stage: options.run.stage,
      runId: options.run.runId,
      waitMs: 10_000,
      sleep: async (ms) => {
        late ??= await startAnother(ImageId, Tags);
        await sleep(ms);
      },
    });

    // Assess
    expect(ended.toSorted()).toEqual([head, worker, late].toSorted());
    expect(await instances(options)).toEqual([]);
  });

  async function startAnother(
    ImageId: string | undefined,
    Tags: Tag[] | undefined,
  ): Promise<string | undefined> {
    const own = (Tags ?? []).filter(({ Key = '' }) => !Key.startsWith('aws:'));
    const { Instances: [instance] = [] } = await fleets.ec2.send(
      new RunInstancesCommand({
        ImageId,
        InstanceType: 't3.medium',
        MinCount: 1,
        MaxCount: 1,
        TagSpecifications: [{ ResourceType: 'instance', Tags: own }],
      }),
    );
    return instance?.InstanceId;
  }
});
