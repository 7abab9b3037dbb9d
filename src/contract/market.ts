/** How EC2 sells instances: for as long as wanted, or cheaper until it needs them back. */
export const MARKETS = ['on-demand', 'spot'] as const;
export type Market = (typeof MARKETS)[number];
