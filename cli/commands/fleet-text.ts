import type { KeptFleetView } from '../../src/fleet/kept/files.ts';
import { duration } from '../../src/format.ts';
import { type TextColumn, textTable } from '../text-table.ts';

/** A kept fleet as it is listed. */
export interface FleetRow {
  readonly name: string;
  readonly id: string;
  /** `starting`, `ready`, `busy`, `ended`; `lost` where its head is not heard of any more. */
  readonly state: string;
  readonly engine: string;
  readonly workers: number;
  /** Null until it is known, as the others. */
  readonly workersAlive: number | null;
  readonly jobs: number | null;
  readonly runId: string | null;
  /** Milliseconds until it ends itself for want of work; null while it works or boots. */
  readonly idleLeftMs: number | null;
  readonly deadlineLeftMs: number;
  /** Why it has ended. */
  readonly reason: string | null;
}

/** The head says something every ten seconds. After three times that it is not there any more. */
const SILENT_MS = 30_000;

const COLUMNS: readonly TextColumn[] = [
  { title: 'fleet', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'engine', align: 'left' },
  { title: 'workers', align: 'right' },
  { title: 'jobs', align: 'right' },
  { title: 'run', align: 'left' },
  { title: 'ends if idle', align: 'right' },
  { title: 'ends', align: 'right' },
];

/** @param now epoch milliseconds */
export function rowOf({ fleet, state, end }: KeptFleetView, now: number): FleetRow {
  const { name, id, engine, workers, idle, deadline, startedAt } = fleet;
  const isSilent = state !== null && state.state !== 'ended' && now - state.at > SILENT_MS;
  const shown = end !== null ? 'ended' : isSilent ? 'lost' : (state?.state ?? 'starting');
  return {
    name,
    id,
    state: shown,
    engine,
    workers,
    workersAlive: state?.workersAlive ?? null,
    jobs: state?.jobs ?? null,
    runId: state?.runId ?? null,
    idleLeftMs: shown === 'ready' && state ? Math.max(0, state.idleSince + idle * 1000 - now) : null,
    deadlineLeftMs: Math.max(0, startedAt + deadline * 1000 - now),
    reason: end?.reason ?? state?.reason ?? null,
  };
}

export function fleetsText(rows: readonly FleetRow[]): string {
  if (rows.length === 0) return 'No fleet is kept; `fanfleet fleet start NAME` starts one.';
  return textTable(COLUMNS, rows.map(cells)).join('\n');
}

function cells(row: FleetRow): string[] {
  const alive = row.workersAlive === null ? '' : `${row.workersAlive} of `;
  const hasEnded = row.state === 'ended';
  return [
    row.id,
    row.reason === null ? row.state : `${row.state} (${row.reason})`,
    row.engine,
    `${alive}${row.workers}`,
    row.jobs === null ? '' : String(row.jobs),
    row.runId ?? '',
    row.idleLeftMs === null ? '' : `in ${duration(row.idleLeftMs)}`,
    hasEnded ? '' : `in ${duration(row.deadlineLeftMs)}`,
  ];
}
