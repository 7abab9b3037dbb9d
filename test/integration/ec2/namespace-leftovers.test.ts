import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostPids } from '../../../localstack/ec2/hosts/namespaces/host-pids.ts';
import { clientOf, isAlive, useEc2Endpoint } from '../../support/ec2-endpoint.ts';
import { leftovers, noNamespaces } from '../../support/namespace-hosts.ts';

const MAIN = new URL('../../../localstack/ec2/main.ts', import.meta.url).pathname;

describe.skipIf(noNamespaces !== undefined)(`what hosts leave (${noNamespaces ?? 'here'})`, () => {
  const shared = useEc2Endpoint();

  it('is nothing, when they are terminated and the endpoint is closed', async () => {
    // Prepare
    const stateDir = join(shared.folder, 'closed');
    const endpoint = await shared.start('closed', { hostKind: 'namespaces' });
    const client = clientOf(endpoint.url);
    const [first, second] = await shared.launch('echo up; sleep 3600', { MinCount: 2, MaxCount: 2 }, client);
    for (const each of [first, second]) await shared.consoleWith(each, 'up', client);
    const pids = [first, second].flatMap((each) => hostPids(each?.InstanceId ?? ''));
    expect((await leftovers(stateDir)).length).toBeGreaterThan(3);
    expect(existsSync(join(stateDir, 'namespaces', first?.InstanceId ?? ''))).toBe(true);
    // Act
    await endpoint.close();
    // Assess
    expect(pids.length).toBeGreaterThan(3);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(await leftovers(stateDir)).toEqual([]);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('is ended by the next endpoint, when the one before was killed', async () => {
    // Prepare
    const stateDir = join(shared.folder, 'killed');
    const child = spawn(
      process.execPath,
      [
        MAIN,
        '--port',
        '0',
        '--state-dir',
        stateDir,
        '--hosts',
        'namespaces',
        '--aws-url',
        'http://127.0.0.1:9',
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    const url = await shared.until('the endpoint', () => /ready at (\S+)\n/.exec(said)?.[1]);
    const client = clientOf(url);
    const [instance] = await shared.launch('echo up; (setsid sleep 3600 &) ; sleep 3600', {}, client);
    await shared.consoleWith(instance, 'up', client);
    const pids = hostPids(instance?.InstanceId ?? '');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(pids.every(isAlive)).toBe(true);
    // Act
    const next = await shared.start('killed', { hostKind: 'namespaces' });
    // Assess
    expect(next.cleaned).toEqual([instance?.InstanceId]);
    expect(pids.filter(isAlive)).toEqual([]);
    await next.close();
    expect(await leftovers(stateDir)).toEqual([]);
    expect(existsSync(stateDir)).toBe(false);
  });

  it('is nothing, when a host cannot be booted', async () => {
    // Prepare
    const stateDir = join(shared.folder, 'broken');
    const notes: string[] = [];
    const endpoint = await shared.start('broken', {
      hostKind: 'namespaces',
      hostMounts: ['/nowhere'],
      notify: (message) => notes.push(message),
    });
    const client = clientOf(endpoint.url);
    // Act
    const [instance] = await shared.launch('sleep 3600', {}, client);
    const [ended] = await shared.allIn('terminated', instance === undefined ? [] : [instance], client);
    // Assess
    expect(ended?.StateReason?.Code).toBe('Server.InternalError');
    expect(notes.join()).toMatch(/HOST_NOT_BOOTED.*\/nowhere/s);
    await endpoint.close();
    expect(await leftovers(stateDir)).toEqual([]);
  });
});
