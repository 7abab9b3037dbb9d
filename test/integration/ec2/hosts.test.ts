import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemProcessTable } from '../../../localstack/ec2/hosts/process-table.ts';
import { clientOf, isAlive, pidOf, rootOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const { start, launch, consoleOf, consoleWith, terminate } = useEc2Endpoint();

describe('the processes of a host', () => {
  it('ends every process of a host, also those that left its session, parents and environment', async () => {
    // Prepare: a daemon, one without the environment, and one that ignores SIGTERM
    const script = [
      'echo "root=$FANFLEET_HOST_ROOT"',
      '(setsid bash -c \'echo "daemon=$$"; cd /; exec sleep 3600 >/dev/null 2>&1\' &)',
      '(setsid env -i /bin/bash -c \'echo "bare=$$"; exec sleep 3600\' &)',
      '(trap "" TERM; setsid bash -c \'echo "deaf=$$"; while :; do sleep 1; done\' &)',
      '(env -i /bin/bash -c \'echo "quiet=$$"; exec sleep 3600 >/dev/null 2>&1\' &)',
      'mkdir -p "$HOME/a/b"; echo x > "$TMPDIR/x"; echo "ready=$$"; exec sleep 3600',
    ].join('\n');
    const [doomed, spared] = await launch(script, { MinCount: 2, MaxCount: 2 });
    const names = ['daemon', 'bare', 'deaf', 'quiet', 'ready'];
    const all = new RegExp(names.map((name) => `(?=[^]*${name}=\\d+\n)`).join(''));
    const output = await consoleWith(doomed, all);
    const other = await consoleWith(spared, all);
    const pids = names.map((name) => pidOf(output, name));
    const others = names.map((name) => pidOf(other, name));
    expect(pids.map(isAlive)).toEqual([true, true, true, true, true]);

    // Act
    await terminate(doomed === undefined ? [] : [doomed]);

    // Assess
    expect(pids.map(isAlive)).toEqual([false, false, false, false, false]);
    expect(existsSync(rootOf(output))).toBe(false);
    expect(others.map(isAlive)).toEqual([true, true, true, true, true]);
    expect(await consoleOf(doomed)).toContain('ready=');
    await terminate(spared === undefined ? [] : [spared], { SkipOsShutdown: true });
    expect(others.map(isAlive)).toEqual([false, false, false, false, false]);
  });

  it('ends daemons where there is no /proc to read, too', async () => {
    // Prepare: as on macOS, but with the ps of this machine
    const bare = await start('ps', {
      addressing: 'ports',
      metadataPort: 13_400,
      processTable: systemProcessTable('openbsd'),
    });
    const client = clientOf(bare.url);
    const [instance] = await launch(
      "(setsid sh -c 'echo daemon=$$; exec sleep 3600' &); echo up=$$; sleep 3600",
      {},
      client,
    );
    const output = await consoleWith(instance, /(?=.*daemon=)(?=.*up=)/s, client);
    // Act
    await bare.close();
    // Assess
    expect([pidOf(output, 'daemon'), pidOf(output, 'up')].map(isAlive)).toEqual([false, false]);
  });

  it('lets processes end themselves on SIGTERM, but not when the power goes', async () => {
    const script = 'trap \'echo "good bye"; exit 0\' TERM; echo "up=$$"; while :; do sleep 0.05; done';
    const both = await launch(script, { MinCount: 2, MaxCount: 2 });
    const [polite, sudden] = both;
    await Promise.all(both.map((each) => consoleWith(each, 'up=')));
    await terminate(polite === undefined ? [] : [polite]);
    await terminate(sudden === undefined ? [] : [sudden], { SkipOsShutdown: true });
    expect(await consoleOf(polite)).toContain('good bye');
    expect(await consoleOf(sudden)).not.toContain('good bye');
  });
});
