import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostCgroup, parseMounts } from '../../../localstack/ec2/hosts/namespaces/cgroups.ts';

describe('parseMounts', () => {
  const v1 = (controllers: string) =>
    `30 29 0:26 / /sys/fs/cgroup/${controllers} rw,relatime shared:9 - cgroup cgroup rw,${controllers}`;
  const v2 = '40 29 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate';

  it('takes version 1 where it has all controllers, also those that share a hierarchy', () => {
    const text = [v1('cpu,cpuacct'), v1('memory'), v1('pids'), v1('blkio'), v2].join('\n');
    expect(parseMounts(text)).toEqual({
      version: 1,
      mounts: {
        cpu: '/sys/fs/cgroup/cpu,cpuacct',
        cpuacct: '/sys/fs/cgroup/cpu,cpuacct',
        memory: '/sys/fs/cgroup/memory',
        pids: '/sys/fs/cgroup/pids',
      },
    });
  });

  it('takes version 2 where version 1 lacks a controller, and else none', () => {
    const expected = { version: 2, mounts: { unified: '/sys/fs/cgroup/unified' } };
    expect(parseMounts([v1('cpu,cpuacct'), v2].join('\n'))).toEqual(expected);
    expect(parseMounts(v1('memory'))).toBeUndefined();
  });
});

describe('HostCgroup of version 2', () => {
  // Files of a plain folder stand for those of the kernel: version 2 is not to be had on every machine.
  let mount = '';
  beforeEach(async () => {
    mount = await mkdtemp('/tmp/fanfleet-cgroup-');
  });
  afterEach(() => rm(mount, { recursive: true, force: true }));

  it('hands the controllers down, and sets the limits', async () => {
    const cgroup = new HostCgroup({ version: 2, mounts: { unified: mount } }, 'fanfleet-1/i-0');
    await cgroup.create({ cpus: 0.4, memoryMiB: 64 });
    const text = (path: string) => readFile(join(mount, path), 'utf8');
    for (const parent of ['', 'fanfleet-1'])
      expect(await text(join(parent, 'cgroup.subtree_control'))).toBe('+cpu +memory +pids');
    expect(await text('fanfleet-1/i-0/cpu.max')).toBe('8000 20000');
    expect(await text('fanfleet-1/i-0/memory.max')).toBe(String(64 * 2 ** 20));
    expect(await text('fanfleet-1/i-0/memory.swap.max')).toBe('0');
    expect(cgroup.folders).toEqual({ unified: join(mount, 'fanfleet-1/i-0') });
  });
});
