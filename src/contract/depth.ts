/**
 * Of how many bits of a sample statistics are: of the high 8, whatever an image has, or `native`, of all 16 of an image
 * that has so many.
 */
export const DEPTHS = ['8', 'native'] as const;
export type Depth = (typeof DEPTHS)[number];
