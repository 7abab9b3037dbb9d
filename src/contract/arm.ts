import * as z from 'zod';

export const armSchema = z.enum(['serverless', 'fleet']);
export type Arm = z.infer<typeof armSchema>;
