import type { FleetView, HostView } from '../../src/fleet/fleet-view.ts';
import { bytes, count, memory, printable, UNKNOWN } from '../../src/format.ts';
import { cores } from '../../src/report/host-figures.ts';
import { type TextColumn, textTable } from '../text-table.ts';

/** What the command shows: a run, and its fleet where it has one yet. */
export interface WorkersView {
  readonly runId: string;
  /** Of the execution: `RUNNING`, `SUCCEEDED`, … */
  readonly status: string;
  readonly engine: string | null;
  readonly totalBatches: number | null;
  /** When this was looked at, epoch milliseconds. */
  readonly at: number;
  readonly fleet: FleetView | null;
}

const COLUMNS: readonly TextColumn[] = [
  { title: 'host', align: 'left' },
  { title: 'role', align: 'left' },
  { title: 'address', align: 'left' },
  { title: 'type', align: 'left' },
  { title: 'EC2', align: 'left' },
  { title: 'worker', align: 'left' },
  { title: 'CPU', align: 'right' },
  { title: 'of', align: 'right' },
  { title: 'memory', align: 'right' },
  { title: 'of', align: 'right' },
  { title: 'in/s', align: 'right' },
  { title: 'out/s', align: 'right' },
  { title: 'batches', align: 'right' },
  { title: '/s', align: 'right' },
  { title: 'heard', align: 'right' },
];

/** A line for the run, and a table with a line for each host. */
export function workersText(view: WorkersView): string {
  const { runId, status, engine, totalBatches, fleet, at } = view;
  const head = [`run ${runId}`, status, ...(engine === null ? [] : [engine])];
  if (fleet === null) return `${head.join('  ')}  no fleet yet`;
  const rate = fleet.hosts.reduce((sum, host) => sum + host.batchesPerSecond, 0);
  const done = `${count(fleet.batches)} of ${totalBatches === null ? '?' : count(totalBatches)} batches`;
  const stage = fleet.stage === null ? '' : `  stage ${fleet.stage}`;
  const table = textTable(
    COLUMNS,
    fleet.hosts.map((host) => cells(host, at)),
  );
  return [
    `${head.join('  ')}  round ${fleet.round}${stage}  ${done}, ${rate.toFixed(1)}/s`,
    ...table.map(printable),
  ].join('\n');
}

function cells(host: HostView, now: number): string[] {
  return [
    host.instanceId,
    host.role ?? UNKNOWN,
    host.address ?? UNKNOWN,
    host.instanceType ?? UNKNOWN,
    host.ec2State ?? UNKNOWN,
    host.state ?? UNKNOWN,
    host.cpu === null ? UNKNOWN : `${Math.round(100 * host.cpu)} %`,
    cores(host.cpus),
    memory(host.memoryBytes),
    memory(host.memoryLimitBytes),
    bytes(host.receivedBytesPerSecond && Math.round(host.receivedBytesPerSecond)),
    bytes(host.sentBytesPerSecond && Math.round(host.sentBytesPerSecond)),
    host.role === 'head' ? UNKNOWN : count(host.batches),
    host.role === 'head' ? UNKNOWN : host.batchesPerSecond.toFixed(1),
    host.lastHeardAt === null ? UNKNOWN : `${Math.max(0, Math.round((now - host.lastHeardAt) / 1000))} s`,
  ];
}
