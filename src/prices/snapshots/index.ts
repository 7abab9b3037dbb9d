import usEast1 from './us-east-1.json' with { type: 'json' };
import usWest2 from './us-west-2.json' with { type: 'json' };

/** The price snapshots that come with fanfleet, by region; `readPrices` checks them. */
export const SNAPSHOTS: Readonly<Record<string, unknown>> = { 'us-east-1': usEast1, 'us-west-2': usWest2 };
