import type { Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { launchFleet } from '../../../src/fleet/launch.ts';
import { TOKENS, tagsOf, useFleets } from '../../support/launched-fleet.ts';

const { newEc2Client, fleet, terminate, instances, secrets, consoleOf } = useFleets();

describe('launchFleet', () => {
  it('starts a head and its workers, each with its role, its address of the head and its tags', async () => {
    // Act
    const options = fleet();
    const ids = await launchFleet(options);
    const found = new Map((await instances(options)).map((instance) => [instance.InstanceId, instance]));
    const all = ids.map((id) => found.get(id) as Instance);
    const consoles = await Promise.all(ids.map(consoleOf));

    // Assess
    expect(found.size).toBe(3);
    expect(all.map((instance) => tagsOf(instance)['fanfleet:role'])).toEqual(['head', 'worker', 'worker']);
    expect(tagsOf(all[0] as Instance)).toEqual({
      Name: 'fanfleet-test-head',
      'fanfleet:stage': 'test',
      'fanfleet:run': options.run.runId,
      'fanfleet:round': '0',
      'fanfleet:role': 'head',
      'fanfleet:results': `runs/${options.run.runId}/fleet/round-0/`,
    });
    expect(consoles[0]).not.toContain('FANFLEET_HEAD_ADDRESS');
    for (const text of consoles.slice(1)) {
      expect(text).toContain(`FANFLEET_HEAD_ADDRESS=${all[0]?.PrivateIpAddress}\n`);
    }
    await terminate(options);
  });

  it('demands version 2 of the metadata service, an encrypted gp3 volume, and the end on shutdown', async () => {
    // Prepare: the endpoint keeps what it needs only, so the calls are looked at
    const calls: Record<string, unknown>[] = [];
    const watched = newEc2Client();
    watched.middlewareStack.add(
      (next, context) => (args) => {
        if (context.commandName === 'RunInstancesCommand') calls.push(args.input as Record<string, unknown>);
        return next(args);
      },
      { step: 'initialize' },
    );
    const options = fleet({ instanceType: 't4g.small', workers: 1 }, { ec2: watched });

    // Act
    const ids = await launchFleet(options);
    watched.destroy();

    // Assess
    expect(calls).toHaveLength(2);
    for (const call of calls) {
      expect(call).toMatchObject({
        InstanceType: 't4g.small',
        ImageId: expect.stringContaining('/arm64/'),
        InstanceInitiatedShutdownBehavior: 'terminate',
        IamInstanceProfile: { Name: 'fanfleet-test-fleet' },
        MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [{ Ebs: { VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true } }],
      });
      expect(call).not.toHaveProperty('KeyName');
      const types = (call.TagSpecifications as { ResourceType: string }[]).map(
        ({ ResourceType }) => ResourceType,
      );
      expect(types).toEqual(['instance', 'volume']);
    }
    for (const { MetadataOptions, Architecture } of await instances(options)) {
      expect({ ...MetadataOptions, Architecture }).toMatchObject({
        HttpTokens: 'required',
        Architecture: 'arm64',
      });
    }
    expect(await terminate(options)).toHaveLength(ids.length);
  });

  it('gives no secret away: neither in the user data nor in the environment nor on the console', async () => {
    // Act
    const options = fleet();
    const ids = await launchFleet(options);
    const { type, taskToken, rayToken } = await secrets(options);
    const consoles = await Promise.all(ids.map(consoleOf));

    // Assess
    expect({ type, taskToken }).toEqual({ type: 'SecureString', taskToken: TOKENS.first });
    expect(rayToken).toMatch(/^[0-9a-f]{64}$/);
    for (const text of consoles) {
      const userData = Buffer.from(/user-data: (\S+)/.exec(text)?.[1] ?? '', 'base64').toString('utf8');
      expect(userData).toContain("export FANFLEET_PARAMETER='/fanfleet/test/");
      for (const secret of [taskToken, rayToken]) {
        expect(userData).not.toContain(secret);
        expect(text).not.toContain(secret);
      }
    }
    await terminate(options);
  });

  it('starts nothing more when it is called again, and keeps the token of a Ray that may be up', async () => {
    // Prepare
    const options = fleet();
    const first = await launchFleet(options);
    const before = await secrets(options);

    // Act: Lambda lost the first answer, and the state was tried again with a new task token
    const second = await launchFleet({ ...options, taskToken: TOKENS.second });
    const after = await secrets(options);

    // Assess
    expect(second).toEqual(first);
    expect(await instances(options)).toHaveLength(3);
    expect(before.taskToken).toBe(TOKENS.first);
    expect(after).toEqual({ ...before, taskToken: TOKENS.second });
    await terminate(options);
  });

  it('keeps the rounds of a run apart, with their own tokens', async () => {
    const options = fleet({ workers: 1 });
    const next = { ...options, round: 1 };
    const ids = [...(await launchFleet(options)), ...(await launchFleet(next))];
    expect(new Set(ids).size).toBe(4);
    expect((await secrets(options)).rayToken).not.toBe((await secrets(next)).rayToken);
    await terminate(options);
  });
});
