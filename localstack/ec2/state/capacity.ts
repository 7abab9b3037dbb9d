import { FanfleetError } from '../shared.ts';

/** Instances are launched from pools: a type, in a zone, On-Demand or Spot. */
export interface CapacityPool {
  instanceType: string;
  availabilityZone: string;
  market: Market;
}

export type Market = 'on-demand' | 'spot';

/** How many instances a pool has room for at once. */
export type CapacityOf = (pool: CapacityPool) => number;

const RULE = /^(?:(on-demand|spot):)?([a-z0-9.*-]+)(?:@([a-z0-9-]+))?=([0-9]{1,4})$/;

/**
 * Capacities from rules such as `c7g.large=0` (everywhere), `spot:*=2` or `t3.medium@us-east-1a=0`; the first that fits
 * counts. What no rule names is unlimited.
 *
 * @throws FanfleetError `INVALID_INPUT` for a rule that cannot be read
 */
export function capacityFrom(rules: readonly string[]): CapacityOf {
  const parsed = rules.map((rule) => {
    const parts = RULE.exec(rule);
    if (parts === null) {
      throw new FanfleetError(
        'INVALID_INPUT',
        `Expected a capacity such as spot:t3.medium@us-east-1a=0 but received ${rule}.`,
        { source: 'user' },
      );
    }
    const [, market, type, zone, count] = parts;
    return { market, type, zone, count: Number(count) };
  });
  return (pool) =>
    parsed.find(
      ({ market = pool.market, type, zone = pool.availabilityZone }) =>
        market === pool.market &&
        (type === '*' || type === pool.instanceType) &&
        zone === pool.availabilityZone,
    )?.count ?? Number.POSITIVE_INFINITY;
}
