/** The sample sets that can be made without the network. */
export const SAMPLE_KINDS = ['photos', 'digits'] as const;
export type SampleKind = (typeof SAMPLE_KINDS)[number];
