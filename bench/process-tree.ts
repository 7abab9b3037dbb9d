import { readdirSync, readFileSync } from 'node:fs';
import { platform } from 'node:process';

/** Linux counts in hundredths of a second, whatever the machine: USER_HZ, time(7). */
const TICKS_PER_SECOND = 100;

export type Usage = { readonly cpuSeconds: number; readonly peakBytes: number };

/**
 * What a process and all below it have used until now; children that have ended count if they were waited for.
 * Undefined where there is no Linux /proc (proc(5)).
 */
export function treeUsage(root: number): Usage | undefined {
  if (platform !== 'linux') return undefined;
  const processes = readProcesses();
  let cpuSeconds = 0;
  let peakBytes = 0;
  const members = [root];
  for (const pid of members) {
    const found = processes.get(pid);
    if (found === undefined) continue;
    cpuSeconds += found.ticks / TICKS_PER_SECOND;
    peakBytes += readPeakBytes(pid);
    for (const [child, { parent }] of processes) if (parent === pid) members.push(child);
  }
  return { cpuSeconds, peakBytes };
}

function readProcesses(): Map<number, { parent: number; ticks: number }> {
  const processes = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (stat !== undefined) processes.set(Number(name), parseStat(stat));
  }
  return processes;
}

/** Fields 4 (parent) and 14 to 17 (own and children's time) of /proc/PID/stat; the name before may hold anything. */
export function parseStat(stat: string): { parent: number; ticks: number } {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [parent = 0] = fields.slice(1);
  return { parent, ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) };
}

function readPeakBytes(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Undefined for a process that has ended meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
