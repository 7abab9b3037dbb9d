import { type _InstanceType, type EC2Client, paginateDescribeSpotPriceHistory } from '@aws-sdk/client-ec2';

/**
 * What an hour of each type costs on the Spot market now: the mean over the zones of the region.
 *
 * @param now epoch milliseconds
 * @returns US dollars by type; types without a Spot market are not in it
 */
export async function spotPrices(
  ec2: EC2Client,
  types: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  // From now on: AWS gives the price of each zone that holds at that time.
  const at = new Date(now);
  const byType = new Map<string, Map<string, number>>();
  const pages = paginateDescribeSpotPriceHistory(
    { client: ec2 },
    {
      InstanceTypes: types.map((type) => type as _InstanceType),
      ProductDescriptions: ['Linux/UNIX'],
      StartTime: at,
      EndTime: at,
    },
  );
  for await (const { SpotPriceHistory = [] } of pages) {
    for (const { InstanceType = '', AvailabilityZone = '', SpotPrice } of SpotPriceHistory) {
      const zones = byType.get(InstanceType) ?? new Map<string, number>();
      // The newest comes first.
      if (!zones.has(AvailabilityZone)) zones.set(AvailabilityZone, Number(SpotPrice));
      byType.set(InstanceType, zones);
    }
  }
  return new Map(
    [...byType].map(([type, zones]) => [type, zones.values().reduce((a, b) => a + b, 0) / zones.size]),
  );
}
