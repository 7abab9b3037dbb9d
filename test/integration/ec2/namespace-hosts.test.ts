import { describe, expect, it } from 'vitest';
import { hostControl } from '../../../localstack/ec2/control-client.ts';
import { hostPids } from '../../../localstack/ec2/hosts/namespaces/host-pids.ts';
import { isAlive, useEc2Endpoint } from '../../support/ec2-endpoint.ts';
import { noNamespaces, onHost } from '../../support/namespace-hosts.ts';

const token =
  'T=$(curl -sX PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)';
const about = 'curl -sH "X-aws-ec2-metadata-token: $T" http://169.254.169.254/latest/meta-data';

describe.skipIf(noNamespaces !== undefined)(`hosts in namespaces (${noNamespaces ?? 'here'})`, () => {
  const shared = useEc2Endpoint({
    hostKind: 'namespaces',
    environment: { GIVEN: 'a b' },
    hostCpus: 0.4,
    hostMemoryMiB: 128,
  });
  const { launch, consoleWith, terminate, allIn } = shared;

  it('gives each its own address, name, identity, processes and files', async () => {
    // Prepare
    const script = [
      token,
      `echo "id=$(${about}/instance-id) address=$(${about}/local-ipv4) code=$(curl -so /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data)"`,
      'echo "name=$(hostname) resolved=$(getent hosts $(hostname) | cut -d" " -f1)"',
      'echo "processes=$(ls -d /proc/[0-9]* | wc -l) tmp=$(ls -A /tmp | wc -l) home=$(ls -A /root | wc -l) uid=$(id -u)"',
      'env | sort; echo mine > /etc/mine; echo "up"; sleep 3600',
    ].join('\n');
    // Act
    const hosts = await launch(script, { MinCount: 3, MaxCount: 3 });
    const outputs = await Promise.all(hosts.map((host) => consoleWith(host, /^up$/m)));
    // Assess
    expect(new Set(hosts.map(({ PrivateIpAddress }) => PrivateIpAddress)).size).toBe(3);
    for (const [index, { InstanceId, PrivateIpAddress = '' }] of hosts.entries()) {
      const name = `ip-${PrivateIpAddress.replaceAll('.', '-')}`;
      expect(PrivateIpAddress).toMatch(/^10\.77\.1\./);
      expect(outputs[index]).toContain(`id=${InstanceId} address=${PrivateIpAddress} code=401\n`);
      expect(outputs[index]).toContain(`name=${name} resolved=${PrivateIpAddress}\n`);
      expect(outputs[index]).toMatch(/processes=[1-9] tmp=0 home=0 uid=0\n/);
      const names = outputs[index]?.split('\n').filter((line) => /^[A-Z_]+=/.test(line));
      const own = [
        'GIVEN=a b',
        'HOME=/root',
        'LANG=C.UTF-8',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ];
      expect(names?.filter((line) => !/^(PWD|SHLVL|_)=/.test(line))).toEqual(own);
    }
    expect(await onHost(hosts[0], 'cat /etc/mine')).toBe('mine\n');
    await expect(onHost(hosts[0], 'rm /etc/mine; cat /etc/mine')).rejects.toThrow('No such file');
    expect(await onHost(hosts[1], 'cat /etc/mine')).toBe('mine\n');
    await terminate(hosts);
  });

  it('limits memory and cores of each: what runs out of memory is killed there only', async () => {
    // Prepare
    const script = [
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null',
      '[ -e /sys/fs/cgroup/cpu.max ] && cat /sys/fs/cgroup/cpu.max || echo $(cat /sys/fs/cgroup/cpu/cpu.cfs_{quota,period}_us)',
      'echo 1 2>/dev/null > /sys/fs/cgroup/cpu/cpu.cfs_quota_us || echo sealed',
      'sleep 3600 & python3 -c "x = bytearray(400 << 20)"; echo "status=$?"; jobs; wait',
    ].join('\n');
    const [greedy, neighbour] = await launch(script, { MinCount: 2, MaxCount: 2 });
    // Act
    const output = await consoleWith(greedy, /status=.*\n.*\n/);
    // Assess
    expect(output).toMatch(/^134217728\n8000 20000\nsealed\n/);
    expect(output).toMatch(/status=137\n.*Running/);
    expect(await consoleWith(neighbour, /status=/)).toContain('status=137');
    const control = hostControl(shared.url);
    await control.change(greedy?.InstanceId ?? '', { cpus: 0.05, memoryMiB: 64 });
    expect(
      await onHost(
        greedy,
        'cat /sys/fs/cgroup/{memory/memory.limit_in_bytes,memory.max} 2>/dev/null || true',
      ),
    ).toBe('67108864\n');
    expect(
      await onHost(greedy, 'cat /sys/fs/cgroup/{cpu/cpu.cfs_quota_us,cpu.max} 2>/dev/null || true'),
    ).toMatch(/^1000\b/);
    await terminate([greedy, neighbour].flatMap((each) => each ?? []));
  });

  it('ends all processes: asked first, or at once, whatever they have left or ignore', async () => {
    // Prepare
    const script = [
      'trap \'echo "good bye"; exit 0\' TERM',
      '(setsid env -i bash -c "cd /; exec sleep 3600 >/dev/null 2>&1" &)',
      '(trap "" TERM; setsid bash -c "while :; do sleep 1; done" &)',
      'echo up; while :; do sleep 0.05; done',
    ].join('\n');
    const [polite, sudden] = await launch(script, { MinCount: 2, MaxCount: 2 });
    for (const host of [polite, sudden]) await consoleWith(host, 'up');
    const pids = [polite, sudden].map((host) => hostPids(host?.InstanceId ?? ''));
    expect(pids.map(({ length }) => length >= 4)).toEqual([true, true]);
    // Act
    await terminate(polite === undefined ? [] : [polite]);
    await terminate(sudden === undefined ? [] : [sudden], { SkipOsShutdown: true });
    // Assess
    expect(pids.flat().filter(isAlive)).toEqual([]);
    expect(await consoleWith(polite, 'good bye')).toContain('good bye');
    expect(await shared.consoleOf(sudden)).not.toContain('good bye');
  });

  it('collects what orphans leave, and outlives its user data', async () => {
    const [host] = await launch('for _ in 1 2 3; do (sleep 0.1 &); done; exit 3');
    await consoleWith(host, 'user data exited with 3');
    const zombies = () =>
      onHost(host, 'grep -l "^State:.Z" /proc/[0-9]*/status | wc -l; pgrep -c sleep || true');
    await shared.until('orphans gone', async () => (await zombies()) === '0\n0\n');
    await shared.allIn('running', host === undefined ? [] : [host]);
    await terminate(host === undefined ? [] : [host]);
  });

  it.each(['shutdown -h now', '/usr/sbin/poweroff', 'halt'])(
    'ends when its user data says %s',
    async (command) => {
      const hosts = await launch(`${command}; sleep 3600`, {
        InstanceInitiatedShutdownBehavior: 'terminate',
      });
      const [ended] = await allIn('terminated', hosts);
      expect(ended?.StateReason?.Code).toBe('Client.InstanceInitiatedShutdown');
    },
  );

  it('cannot harm the machine it runs on', async () => {
    const [host] = await launch(
      [
        'touch /proc/sysrq-trigger && echo b > /proc/sysrq-trigger || echo "no sysrq"',
        'echo x > /proc/sys/kernel/hostname || echo "no sysctl"',
        'mount -t tmpfs x /mnt || echo "no mount"; mknod /tmp/disk b 254 0 || echo "no devices"',
        'ip link set eth0 down || echo "no network set-up"; echo up',
      ].join('\n'),
    );
    const output = await consoleWith(host, /^up$/m);
    for (const what of ['sysrq', 'sysctl', 'mount', 'devices', 'network set-up'])
      expect(output).toContain(`no ${what}\n`);
    await terminate(host === undefined ? [] : [host]);
  });
});
