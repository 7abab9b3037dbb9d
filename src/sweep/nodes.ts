import * as z from 'zod';
import type { HostUse } from '../aggregate/hosts.ts';
import { workerStateSchema } from '../fleet/worker-states.ts';
import { type Spread, spread } from '../statistics/median.ts';

/** What a host of the fleet used while the engine ran, and what the engine said of it. A null says: not measured. */
export const nodeSchema = z.object({
  instanceId: z.string(),
  /** Null for a host that never told of its boot. */
  role: z.enum(['head', 'worker']).nullable(),
  /** Fractions of its own processors: the mean, and the busiest sample. */
  cpuMean: z.number().nullable(),
  cpuPeak: z.number().nullable(),
  memoryPeakBytes: z.number().nullable(),
  memoryLimitBytes: z.number().nullable(),
  /** In order of time; the head has none. */
  states: z.array(workerStateSchema),
});
export type Node = z.infer<typeof nodeSchema>;

/** A node of a point over its rounds: what stands at the same place in each, the head first. Null where no round measured it. */
export interface NodeFigures {
  /** `head`, or `worker 1` and so on in the order of their addresses. */
  readonly name: string;
  readonly cpuMean: Spread | null;
  readonly cpuPeak: Spread | null;
  readonly memoryPeakBytes: Spread | null;
  readonly memoryLimitBytes: number | null;
  /** The different courses that its states took, such as `ALIVE` or `ALIVE > DEAD`. */
  readonly states: readonly string[];
}

/** The workers of a point taken together. */
export interface WorkerFigures {
  /** Of each round the mean over its workers, as a fraction of their processors. */
  readonly cpu: Spread | null;
  /** Of each round the peak of the worker that held the most, in bytes. */
  readonly memory: Spread | null;
  /** The different ends of rounds: how many workers were last said to be what, such as `2 ALIVE` or `1 ALIVE, 1 DEAD`. */
  readonly states: readonly string[];
}

/** @param hosts the head first */
export function nodesOf(hosts: readonly HostUse[]): Node[] {
  return hosts.map(({ instanceId, role, utilisation, states }) => ({
    instanceId,
    role,
    cpuMean: utilisation?.cpuMean ?? null,
    cpuPeak: utilisation?.cpuPeak ?? null,
    memoryPeakBytes: utilisation?.memoryPeakBytes ?? null,
    memoryLimitBytes: utilisation?.memoryLimitBytes ?? null,
    states: states.map(({ state }) => state),
  }));
}

/** @param rounds the nodes of each round that succeeded */
export function nodeFigures(rounds: readonly (readonly Node[])[]): NodeFigures[] {
  const places = rounds.flatMap((nodes) => {
    const seen = new Map<string, number>();
    return nodes.map((node) => {
      const kind = node.role ?? 'unknown';
      const number = (seen.get(kind) ?? 0) + 1;
      seen.set(kind, number);
      return { name: kind === 'head' ? kind : `${kind} ${number}`, node };
    });
  });
  return [...Map.groupBy(places, ({ name }) => name)].map(([name, own]) => {
    const nodes = own.map(({ node }) => node);
    return {
      name,
      cpuMean: spreadOf(nodes.map(({ cpuMean }) => cpuMean)),
      cpuPeak: spreadOf(nodes.map(({ cpuPeak }) => cpuPeak)),
      memoryPeakBytes: spreadOf(nodes.map(({ memoryPeakBytes }) => memoryPeakBytes)),
      memoryLimitBytes: nodes.at(-1)?.memoryLimitBytes ?? null,
      states: different(nodes.map(({ states }) => states.join(' > '))),
    };
  });
}

/** @param rounds the nodes of each round that succeeded */
export function workerFigures(rounds: readonly (readonly Node[])[]): WorkerFigures {
  const workers = rounds.map((nodes) => nodes.filter(({ role }) => role === 'worker'));
  return {
    cpu: spreadOf(
      workers.map((own) => {
        const known = own.flatMap(({ cpuMean }) => cpuMean ?? []);
        return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
      }),
    ),
    memory: spreadOf(
      workers.map((own) => {
        const known = own.flatMap(({ memoryPeakBytes }) => memoryPeakBytes ?? []);
        return known.length === 0 ? null : Math.max(...known);
      }),
    ),
    states: different(workers.map(lastStates)),
  };
}

function lastStates(workers: readonly Node[]): string {
  const last = workers.flatMap(({ states }) => states.at(-1) ?? []);
  const counts = workerStateSchema.options.map((state) => [
    last.filter((one) => one === state).length,
    state,
  ]);
  return counts.flatMap(([count, state]) => (count === 0 ? [] : `${count} ${state}`)).join(', ');
}

function different(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => text !== ''))];
}

function spreadOf(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : spread(known);
}
