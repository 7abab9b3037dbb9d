import * as z from 'zod';
import { MARKETS } from '../contract/market.ts';
import { hostSchema } from './arm-info.ts';

/** An instance of a fleet from its launch to its end, as EC2 tells it: what its bill is made of. Epoch milliseconds. */
export const instanceLifeSchema = z.object({
  instanceId: z.string(),
  role: hostSchema.shape.role,
  type: z.string(),
  market: z.enum(MARKETS),
  launchedAt: z.number(),
  endedAt: z.number(),
  /**
   * Only of a kept fleet, where the life is the time of one job: how long the instance had nothing to do before it, since the
   * job before or its launch.
   */
  idleBeforeMs: z.number().nonnegative().optional(),
});
export type InstanceLife = z.infer<typeof instanceLifeSchema>;

/** `instances.json`, which `terminate-fleet` writes once the fleet is gone. */
export const instanceLivesSchema = z.object({ instances: z.array(instanceLifeSchema) });
