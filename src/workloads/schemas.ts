import * as z from 'zod';
import { classifyParamsSchema } from './classify/schema.ts';
import { cnnParamsSchema } from './cnn/schema.ts';
import { embedParamsSchema } from './embed/schema.ts';
import { histogramParamsSchema } from './histogram/schema.ts';
import { kmeansParamsSchema } from './kmeans/schema.ts';
import { knnParamsSchema } from './knn/schema.ts';
import type { WorkloadName } from './names.ts';
import { normaliseParamsSchema, normaliseRequestSchema } from './normalise/schema.ts';
import { statisticsParamsSchema } from './statistics/schema.ts';

/** What is done unless a request says something else. */
export const DEFAULT_WORKLOAD = { name: 'statistics' } as const satisfies { name: WorkloadName };

/** The settings that a request may give to each workload. */
export const REQUEST_PARAMS = {
  statistics: statisticsParamsSchema,
  histogram: histogramParamsSchema,
  normalise: normaliseRequestSchema,
  knn: knnParamsSchema,
  kmeans: kmeansParamsSchema,
  classify: classifyParamsSchema,
  cnn: cnnParamsSchema,
  embed: embedParamsSchema,
} as const satisfies Record<WorkloadName, z.ZodObject>;

/** The workload of a request; its settings have defaults. */
export const workloadRequestSchema = z.discriminatedUnion('name', [
  form('statistics', REQUEST_PARAMS.statistics),
  form('histogram', REQUEST_PARAMS.histogram),
  form('normalise', REQUEST_PARAMS.normalise),
  form('knn', REQUEST_PARAMS.knn),
  form('kmeans', REQUEST_PARAMS.kmeans),
  form('classify', REQUEST_PARAMS.classify),
  form('cnn', REQUEST_PARAMS.cnn),
  form('embed', REQUEST_PARAMS.embed),
]);
export type WorkloadRequest = z.input<typeof workloadRequestSchema>;

/** The workload of a run: every setting is there. It may have more of them than a request can give. */
export const workloadSchema = z.discriminatedUnion('name', [
  z.object({ name: z.literal('statistics'), params: statisticsParamsSchema }),
  z.object({ name: z.literal('histogram'), params: histogramParamsSchema }),
  z.object({ name: z.literal('normalise'), params: normaliseParamsSchema }),
  z.object({ name: z.literal('knn'), params: knnParamsSchema }),
  z.object({ name: z.literal('kmeans'), params: kmeansParamsSchema }),
  z.object({ name: z.literal('classify'), params: classifyParamsSchema }),
  z.object({ name: z.literal('cnn'), params: cnnParamsSchema }),
  z.object({ name: z.literal('embed'), params: embedParamsSchema }),
]);
export type RunWorkload = Readonly<z.output<typeof workloadSchema>>;
/** The settings of each workload, as a run has them. */
export type RunParams = {
  readonly [N in WorkloadName]: Extract<RunWorkload, { readonly name: N }>['params'];
};

/** Of a run, with the settings that are given and the defaults of the others. */
export function resolveWorkload(workload: WorkloadRequest): RunWorkload {
  return workloadSchema.parse(workloadRequestSchema.parse(workload));
}

/** The request for the same: without what a run finds out for itself. */
export function requestedAgain({ name, params }: RunWorkload): WorkloadRequest {
  const asked = Object.entries(params).filter(([field]) => field in REQUEST_PARAMS[name].shape);
  return { name, params: Object.fromEntries(asked) } as WorkloadRequest;
}

function form<N extends WorkloadName, P extends z.ZodObject>(name: N, params: P) {
  return z.strictObject({ name: z.literal(name), params: params.prefault({} as z.input<P>) });
}
