import type { Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { TOKENS, tagsOf, useFleets } from '../../support/launched-fleet.ts';

const { fleet, launch, terminate, instances, secrets, consoleOf } = useFleets();

describe('launchFleet', () => {
  it('starts a head and its workers, each with its role, its address of the head and its tags', async () => {
    // Act
    const options = fleet();
    const ids = await launch(options);
    const found = new Map((await instances(options)).map((instance) => [instance.InstanceId, instance]));
    const all = ids.map((id) => found.get(id) as Instance);
    const consoles = await Promise.all(ids.map(consoleOf));

    // Assess
    expect(found.size).toBe(3);
    expect(all.map((instance) => tagsOf(instance)['fanfleet:role'])).toEqual(['head', 'worker', 'worker']);
    expect(tagsOf(all[0] as Instance)).toEqual({
      'aws:ec2:fleet-id': expect.stringMatching(/^fleet-/),
      'aws:ec2launchtemplate:id': expect.stringMatching(/^lt-/),
      'aws:ec2launchtemplate:version': '1',
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

  it('gives no secret away: neither in the user data nor in the environment nor on the console', async () => {
    // Act
    const options = fleet();
    const ids = await launch(options);
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
    const first = await launch(options);
    const before = await secrets(options);

    // Act: Lambda lost the first answer, and the state was tried again with a new task token
    const second = await launch({ ...options, taskToken: TOKENS.second });
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
    const ids = [...(await launch(options)), ...(await launch(next))];
    expect(new Set(ids).size).toBe(4);
    expect((await secrets(options)).rayToken).not.toBe((await secrets(next)).rayToken);
    await terminate(options);
  });
});
