import * as z from 'zod';

/** What runs the same job beside each other. */
export const ARMS = ['serverless', 'fleet'] as const;
export type Arm = (typeof ARMS)[number];
export const armSchema = z.enum(ARMS);
