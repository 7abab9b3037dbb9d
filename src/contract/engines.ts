import * as z from 'zod';
import engines from '../../ec2-workers/engines.json' with { type: 'json' };

export type Engine = keyof typeof engines;

/** All that differs between engines for those who do not run on one; hosts read the same file (`fanfleet/engines.py`). */
export interface EngineFacts {
  readonly what: string;
  /** The module of `fanfleet/clusters/` that starts what the engine runs on. */
  readonly cluster: string;
  /** Whether batches are done by our own program, which is that of the functions, instead of by Python. */
  readonly isProgram?: boolean;
  /** Python packages whose versions are told, by the name that they are told with; a group of `pyproject.toml` installs them. */
  readonly packages: Readonly<Record<string, string>>;
  /** The same of Node's, which come with the bundle. */
  readonly nodePackages?: Readonly<Record<string, string>>;
  /** The runtime of another language that comes with the packages. */
  readonly brings?: string;
  /** Ports where the head shows its cluster and its job. */
  readonly dashboards: Readonly<Partial<Record<'cluster' | 'job', number>>>;
  /** GiB that a host needs: Python engines with their store and a process for each core, and our own program. */
  readonly leastMemoryGib: number;
  /** Milliseconds to its start on workers that have joined, assumed where no run tells; from offline runs on 2 cores. */
  readonly startMs: number;
  /** Whether its head can ask for workers while it works; not said is no. */
  readonly canGrow?: boolean;
}

/** What the fleet can run, in the order in which it is told: each is one file in `ec2-workers/engines`. */
export const ENGINES: Readonly<Record<Engine, EngineFacts>> = engines;
export const ENGINE_NAMES = Object.keys(engines) as [Engine, ...Engine[]];
export const engineSchema = z.enum(ENGINE_NAMES);
export const DEFAULT_ENGINE: Engine = 'daft';

/** The ports of all dashboards, each once. */
export const DASHBOARD_PORTS: readonly number[] = [
  ...new Set(ENGINE_NAMES.flatMap((name) => Object.values(ENGINES[name].dashboards))),
];
