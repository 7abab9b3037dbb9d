import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Instance } from '@aws-sdk/client-ec2';
import { endpointId } from '../../localstack/ec2/hosts/namespaces/namespace-host-provider.ts';
import { namespaceSupport } from '../../localstack/ec2/hosts/namespaces/namespace-support.ts';

const run = promisify(execFile);
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const CGROUPS = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'];
const support = await namespaceSupport();

/** Why hosts in namespaces cannot be tested on this machine; undefined where they can. */
export const noNamespaces = support.supported ? undefined : support.reason;
export const hasNftables = support.supported && support.nftables;

/** The process numbers of a host, its first process first. */
export function hostPids(instanceId: string): number[] {
  for (const mount of CGROUPS) {
    for (const parent of listed(mount).filter((name) => /^fanfleet-[0-9a-f]{6}$/.test(name))) {
      const procs = `${mount}/${parent}/${instanceId}/cgroup.procs`;
      if (!existsSync(procs)) continue;
      const pids = readFileSync(procs, 'utf8').split('\n').filter(Boolean).map(Number);
      return pids.filter((pid) => depth(pid) > 1).sort((a, b) => inside(a) - inside(b));
    }
  }
  return [];
}

/** Run a script on a host as its root; gives what it wrote to stdout, and throws if it fails. */
export async function onHost(instance: Instance | undefined, script: string): Promise<string> {
  const [first] = hostPids(instance?.InstanceId ?? '');
  if (first === undefined) throw new Error(`${instance?.InstanceId} has no processes`);
  const args = ['-t', String(first), '-m', '-u', '-i', '-n', '-p', '--', '/bin/bash', '-c', script];
  return (await run('nsenter', args, { timeout: 30_000, env: { PATH } })).stdout;
}

/** What this machine has of the endpoint with a state folder: network namespaces, cgroups and mounts. */
export async function leftovers(stateDir: string): Promise<string[]> {
  const id = endpointId(stateDir);
  const namespaces = (await run('ip', ['netns', 'list'])).stdout
    .split('\n')
    .filter((line) => line.startsWith(`ff-${id}`));
  const cgroups = ['cpu', 'cpuacct', 'memory', 'pids', '']
    .flatMap((controller) => listed(`/sys/fs/cgroup/${controller}`).map((name) => `${controller}/${name}`))
    .filter((path) => path.endsWith(`/fanfleet-${id}`));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(stateDir));
  return [...namespaces, ...cgroups, ...mounts];
}

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function namespacePids(pid: number): number[] {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'latin1') : '';
  return /^NSpid:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
}

const depth = (pid: number) => namespacePids(pid).length;
const inside = (pid: number) => namespacePids(pid).at(-1) ?? 0;
