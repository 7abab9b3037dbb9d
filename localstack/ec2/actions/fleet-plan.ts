import type { Ec2Error } from '../api/ec2-error.ts';
import type { Ec2Context } from './action.ts';
import { freeCapacity, noCapacity, poolOf } from './launch-instances.ts';
import type { LaunchSpec } from './launch-spec.ts';

/** A capacity pool of a fleet: what would be launched, in one subnet. */
export interface FleetPool<T> {
  spec: LaunchSpec;
  /** The smallest comes first; those without one last. */
  priority: number | undefined;
  /** What the caller knows it by. */
  key: T;
}

export interface FleetPlan<T> {
  launches: { pool: FleetPool<T>; count: number }[];
  failures: { pool: FleetPool<T>; error: Ec2Error }[];
}

export type Strategy =
  | 'lowest-price'
  | 'prioritized'
  | 'price-capacity-optimized'
  | 'capacity-optimized'
  | 'capacity-optimized-prioritized'
  | 'diversified';

/**
 * How many instances come from which pool: the pools are filled one after the other in the order of the strategy.
 *
 * There are no prices here: the type with the fewest vCPUs and the least memory stands for the cheapest. The strategies
 * that look at capacity prefer the pool with the most room.
 */
export function planFleet<T>(
  pools: readonly FleetPool<T>[],
  target: number,
  strategy: Strategy,
  context: Ec2Context,
): FleetPlan<T> {
  const plan: FleetPlan<T> = { launches: [], failures: [] };
  let wanted = target;
  for (const pool of inOrder(pools, strategy, context)) {
    if (wanted === 0) break;
    const count = Math.min(wanted, free(pool, context));
    if (count > 0) plan.launches.push({ pool, count });
    if (count < wanted) plan.failures.push({ pool, error: noCapacity(pool.spec) });
    wanted -= count;
  }
  return plan;
}

function inOrder<T>(pools: readonly FleetPool<T>[], strategy: Strategy, context: Ec2Context): FleetPool<T>[] {
  const priority = ({ priority = Number.POSITIVE_INFINITY }: FleetPool<T>) => priority;
  const size = ({ spec: { type } }: FleetPool<T>) => type.vCpus * 1e9 + type.memoryMiB;
  const used = (pool: FleetPool<T>) => -free(pool, context);
  const keys = {
    'lowest-price': [size],
    prioritized: [priority],
    'price-capacity-optimized': [used, size],
    'capacity-optimized': [used],
    'capacity-optimized-prioritized': [used, priority],
    diversified: [],
  }[strategy];
  return pools.toSorted((a, b) => {
    const key = keys.find((each) => each(a) !== each(b));
    return key === undefined ? 0 : key(a) < key(b) ? -1 : 1;
  });
}

function free<T>({ spec }: FleetPool<T>, context: Ec2Context): number {
  const [subnet] = spec.subnets;
  return subnet === undefined ? 0 : freeCapacity(poolOf(spec, subnet), context);
}
