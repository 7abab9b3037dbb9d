import { existsSync } from 'node:fs';
import { TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { clientOf, ids, isAlive, pidOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const { start, launch, allIn, consoleOf, consoleWith, terminate } = useEc2Endpoint({
  environment: { FANFLEET_IMAGE_VENV: '/images/.venv' },
});

describe('the life of instances', () => {
  it('boots three from user data, each with an address, a home and an environment of its own', async () => {
    // Act
    const script = 'env | sort; echo "arguments=$#"; pwd; test -w "$TMPDIR" && echo writable';
    const launched = await launch(script, { MinCount: 3, MaxCount: 3 });
    const running = await allIn('running', launched);
    const outputs = await Promise.all(launched.map((each) => consoleWith(each, 'exited with 0')));
    await terminate(launched);

    // Assess
    expect(launched.map(({ State }) => State?.Name)).toEqual(['pending', 'pending', 'pending']);
    expect(launched.map(({ AmiLaunchIndex }) => AmiLaunchIndex)).toEqual([0, 1, 2]);
    expect(new Set(running.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(3);
    expect(running.map(({ PrivateIpAddress }) => PrivateIpAddress)).toEqual(
      launched.map(({ PrivateIpAddress }) => PrivateIpAddress),
    );
    const variables = outputs.map((output) =>
      output.split('\n').flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []),
    );
    for (const [index, output] of outputs.entries()) {
      // PWD, SHLVL, OLDPWD and _ are bash's own.
      const expected = [
        'AWS_EC2_METADATA_SERVICE_ENDPOINT',
        'FANFLEET_HOST_ROOT',
        'FANFLEET_IMAGE_VENV',
        'HOME',
        'LANG',
      ];
      expect(
        variables[index]?.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_', 'arguments'].includes(name)),
      ).toEqual([...expected, 'PATH', 'TMPDIR']);
      expect(output).toContain('FANFLEET_IMAGE_VENV=/images/.venv\n');
      expect(output).toContain(`http://${launched[index]?.PrivateIpAddress}:1338\n`);
      expect(output).toContain('arguments=0\n');
      expect(output).toContain('writable\n');
      const root = /FANFLEET_HOST_ROOT=(.+)/.exec(output)?.[1] ?? '';
      expect(root).toMatch(/^\/tmp\/ff-[0-9a-f]{8}$/);
      expect(output).toMatch(new RegExp(`^PATH=${root}/bin:`, 'm'));
      expect(existsSync(root)).toBe(false);
    }
  });

  it('keeps an instance running when its user data has ended, well or not', async () => {
    const [failed] = await launch('exit 3');
    const [missing] = await launch(undefined, {
      UserData: Buffer.from('#!/no/such/program\n').toString('base64'),
    });
    await consoleWith(failed, /\[host\] user data exited with 3 after \d+\.\d s/);
    await consoleWith(missing, 'user data could not be run');
    const both = [failed, missing].flatMap((each) => each ?? []);
    await allIn('running', both);
    await terminate(both);
  });

  it.each([
    ['terminate', 'terminated'],
    ['stop', 'stopped'],
  ] as const)('a host that shuts down will %s', async (behavior, state) => {
    // Act
    const instances = await launch('echo "up=$$"; shutdown -h now; sleep 3600', {
      InstanceInitiatedShutdownBehavior: behavior,
    });
    const [instance] = await allIn(state, instances);

    // Assess
    expect(instance?.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
    expect(isAlive(pidOf(await consoleOf(instance), 'up'))).toBe(false);
    await terminate(instances);
  });

  it('calls a shutdown off', async () => {
    const instances = await launch('shutdown -h +1 && shutdown -c && echo called off');
    await consoleWith(instances[0], 'called off');
    await allIn('running', instances);
    await terminate(instances);
  });

  it('takes the time in pending and shutting-down that it is told to, and ends what is still pending', async () => {
    // Prepare
    const slow = await start('slow', { delays: { pendingMs: 60_000, shuttingDownMs: 150 } });
    const client = clientOf(slow.url);
    // Act
    const instances = await launch('sleep 3600', {}, client);
    await allIn('pending', instances, client);
    const answer = await client.send(new TerminateInstancesCommand({ InstanceIds: ids(instances) }));
    const again = await client.send(new TerminateInstancesCommand({ InstanceIds: ids(instances) }));
    await allIn('terminated', instances, client);
    const late = await client.send(new TerminateInstancesCommand({ InstanceIds: ids(instances) }));
    // Assess
    const states = [answer, again, late].map(({ TerminatingInstances: [change] = [] }) => [
      change?.PreviousState?.Name,
      change?.CurrentState?.Name,
    ]);
    expect(states).toEqual([
      ['pending', 'shutting-down'],
      ['shutting-down', 'shutting-down'],
      ['terminated', 'terminated'],
    ]);
    await slow.close();
  });
});
