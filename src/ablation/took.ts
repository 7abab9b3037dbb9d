import * as z from 'zod';

/** What the process of the pipelines says of one that has ended. */
export const ranSchema = z.union([
  z.object({
    seconds: z.number(),
    cpuSeconds: z.number(),
    ownBytes: z.number(),
    idleBytes: z.number(),
    driverBytes: z.number(),
    storeBytes: z.number(),
  }),
  z.object({ failed: z.string() }),
]);

/** What a pipeline left. */
export const foundSchema = z.object({
  images: z.number(),
  digest: z.string(),
  files: z.number(),
  bytes: z.number(),
});

/** What a pipeline took, once. */
export interface Took {
  readonly seconds: number;
  /** User and system time of all processes of the engine. */
  readonly cpuSeconds: number;
  /** The most memory of all processes that is no file's and not shared. */
  readonly ownBytes: number;
  /** As `ownBytes`, of the engine before it was given its first pipeline. */
  readonly idleBytes: number;
  /** The most of `ownBytes` that the engine's driver has. */
  readonly driverBytes: number;
  readonly storeBytes: number;
  readonly puts: number;
  readonly gets: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly files: number;
  /** Of keys and labels. */
  readonly digest: string;
  readonly images: number;
}
