import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { ParameterNotFound } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { type LaunchOptions, launchFleet } from '../../../src/fleet/launch.ts';
import { SCRIPT, useFleets } from '../../support/launched-fleet.ts';

const fleets = useFleets();
const { fleet, terminate, instances, secrets, consoleOf } = fleets;

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
    const ids = [...(await launchFleet(options)), ...(await launchFleet(next))];
    await launchFleet(other);

    // Act
    const ended = await terminate(options);

    // Assess
    expect(ended.toSorted()).toEqual(ids.toSorted());
    expect(await instances(options)).toEqual([]);
    for (const gone of [options, next]) expect(await parameterOf(gone)).toBeInstanceOf(ParameterNotFound);
    expect(await instances(other)).toHaveLength(2);
    expect(await parameterOf(other)).toBe('there');
    await terminate(other);
  });

  it('ends one round, and leaves the others', async () => {
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const first = await launchFleet(options);
    const second = await launchFleet(next);
    expect((await terminate(options, 0)).toSorted()).toEqual(first.toSorted());
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
    expect(await parameterOf(next)).toBe('there');
    expect((await terminate(options, 1)).toSorted()).toEqual(second.toSorted());
  });

  it('may be called again, for a run that never was, and for one whose launch broke off', async () => {
    // Prepare: the head is up, the workers could not be started
    const options = fleet({}, { scripts: { head: SCRIPT, worker: 'no script' } });
    await expect(launchFleet(options)).rejects.toMatchObject({ name: 'InvalidUserData.Malformed' });

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
    const InstanceIds = [...(await launchFleet(options))];
    await Promise.all(InstanceIds.map(consoleOf));

    // Act
    await fleets.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await terminate(options);

    // Assess
    expect(await instances(options)).toEqual([]);
  });

  it('deletes the secrets of a run whose instances have ended themselves', async () => {
    const options = fleet({ workers: 1 });
    const InstanceIds = [...(await launchFleet(options))];
    await fleets.ec2.send(new TerminateInstancesCommand({ InstanceIds, SkipOsShutdown: true }));
    await expect.poll(() => instances(options), { timeout: 10_000 }).toEqual([]);
    expect(await terminate(options)).toEqual([]);
    expect(await parameterOf(options)).toBeInstanceOf(ParameterNotFound);
  });

  it('says which instances are still there when they do not end in time', async () => {
    const stubborn = SCRIPT.replace('exec sleep 600', "trap '' TERM; while :; do sleep 600 & wait $!; done");
    const options = fleet({ workers: 1 }, { scripts: { head: stubborn, worker: stubborn } });
    const ids = await launchFleet(options);
    await Promise.all(ids.map(consoleOf));
    const failure = terminate(options, undefined, 0);
    await expect(failure).rejects.toMatchObject({ code: 'FLEET_NOT_TERMINATED', source: 'aws' });
    await expect(failure).rejects.toThrow(ids[0]);
    await expect.poll(() => instances(options), { timeout: 10_000 }).toEqual([]);
  });
});
