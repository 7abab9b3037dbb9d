import * as z from 'zod';
import { engineSchema } from '../contract/engines.ts';
import { WORKLOAD_NAMES } from '../workloads/names.ts';

const ms = z.number().nonnegative();

/** Batches of stages after the first that are still in the memory of their workers, which read nothing then. */
const keptSchema = z.object({
  /** Of the batches of these stages. */
  part: z.number().min(0).max(1),
  /** As those of batches that are read. */
  itemMs: ms,
  itemCpuMs: ms,
  batchMs: ms,
});
export type Kept = z.infer<typeof keptSchema>;

/** What the work of an arm takes in one slot: a function's environment, or one of the batches that a worker does at once. */
export const workSchema = z.object({
  /** Wall time of an item, read, decoded and scanned, on the vCPUs of `vcpus`. */
  itemMs: ms,
  /** vCPUs that a slot had: what more or fewer of them are referred to. */
  vcpus: z.number().positive(),
  /** CPU time of an item: what one takes on a core that nothing else uses. */
  itemCpuMs: ms,
  /** From the request to the last byte of an object, and how many a slot has under way. */
  getMs: ms,
  getsAtOnce: z.int().positive(),
  /** Of every batch, whatever its size: waiting for the first item, writing the results, and all that is no item. */
  batchMs: ms,
  /** Between two batches of a slot. */
  dispatchMs: ms,
  /** Standard deviation of the time of a batch over its mean. */
  spread: z.number().nonnegative(),
  /** Of several stages; null where there is one, or where none was kept. */
  kept: keptSchema.nullable(),
});
export type Work = z.infer<typeof workSchema>;

/** Of a workload with several stages: what of a stage is no batch. */
const stageSchema = z.object({
  /** Between its batches and the reduce, and before its batches. */
  betweenMs: ms,
  /** Of its reduce, for each batch. */
  reduceBatchMs: ms,
});
export type StageCalibration = z.infer<typeof stageSchema>;

const serverlessSchema = z.object({
  work: workSchema,
  stage: stageSchema,
  /** From the start of the arm to the first environment, and from the end of the last batch to the end of the arm. */
  startMs: ms,
  endMs: ms,
  /** INIT of an environment; the standard deviation of its logarithm. */
  coldStartMs: ms,
  coldStartSpread: z.number().nonnegative(),
});

const fleetSchema = z.object({
  work: workSchema,
  stage: stageSchema,
  engine: engineSchema,
  /** Batches that a worker of this type does at once; null where it is not known: one for each vCPU, as of every other type. */
  instanceType: z.string().nullable(),
  slotsPerWorker: z.int().positive().nullable(),
  /** From the start of the arm until all workers have joined, from there to the first batch, and after the last one. */
  bootMs: ms,
  engineStartMs: ms,
  endMs: ms,
  /** Standard deviation of the logarithm of a host's boot: the head waits for the slowest. */
  bootSpread: z.number().nonnegative(),
});

/** The figures that a prediction rests on, in milliseconds. A null arm cannot be predicted. */
export const calibrationSchema = z.object({
  /** Where they are from, in one sentence. */
  source: z.string(),
  /** What measured the arms, in words, where that was not one program: such times rank no arms. Null where it was one. */
  differentKernels: z.string().nullable(),
  /** What an image had where they were measured, which decoding is scaled by; and what was done with it. */
  bytesPerItem: z.number().positive(),
  workload: z.enum(WORKLOAD_NAMES),
  /** Cores that all slots share, where AWS was the local one; null in AWS, where every slot has its own. */
  sharedCores: z.int().positive().nullable(),
  serverless: serverlessSchema.nullable(),
  fleet: fleetSchema.nullable(),
});
export type Calibration = Readonly<z.infer<typeof calibrationSchema>>;
export type ServerlessCalibration = NonNullable<Calibration['serverless']>;
export type FleetCalibration = NonNullable<Calibration['fleet']>;

/** What follows for whoever reads figures of both arms. @param kernels `differentKernels` of the calibration */
export function differentKernelsText(kernels: string): string {
  return `Different programs are weighed here, and not only arms: ${kernels}.`;
}
