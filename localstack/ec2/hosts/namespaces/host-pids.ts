import { existsSync, readdirSync, readFileSync } from 'node:fs';

const CGROUPS = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'];

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

function listed(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function namespacePids(pid: number): number[] {
  const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, 'latin1') : '';
  return /^NSpid:(.*)$/m.exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
}

const depth = (pid: number) => namespacePids(pid).length;
const inside = (pid: number) => namespacePids(pid).at(-1) ?? 0;
