import type { Unit } from '../contract/unit.ts';
import { type CnnWork, LEARNT, stagesOf } from './cnn/params.ts';
import { EMBEDDINGS } from './embed/params.ts';
import { expectKnown } from './expect-known.ts';
import { type KmeansWork, SUMS } from './kmeans/params.ts';
import type { WorkloadName } from './names.ts';

/** The folder of an arm with how often each value occurs in the images of each batch. */
export const HISTOGRAMS = 'histograms';

/** What a workload takes and leaves beside its rows: for the model, the bill and runs that are resumed. */
export interface WorkloadFacts {
  /** What its items are. */
  readonly unit: Unit;
  /** CPU time of an item beside that of an image in `statistics`. */
  readonly cpu: number;
  /** CPU time of a process, in milliseconds, before the first item of a run: of making the session of a model. */
  readonly startMs: number;
  /** Folders of an arm that have a file of each batch. */
  readonly batchFolders: readonly string[];
  /** Whether it writes a file for each item that could be done. */
  readonly writesItems: boolean;
  /** How many stages it may have at most, by its settings; null where it is a single map and nothing is reduced. */
  readonly stages: ((params: object) => number) | null;
  /** How many batches it has where what it learns depends on them; null where any number will do, and all workers are to be busy. */
  readonly shards: ((params: object) => number) | null;
  /** Files that every worker needs, which a function prepares before the arms start: by their names. */
  readonly inputs: readonly string[];
  /** Those that only the answer needs. */
  readonly answerInputs: readonly string[];
  /** Settings on which no row depends, since they say where another one is from. */
  readonly sources: readonly string[];
}

const IMAGES: Unit = { one: 'image', many: 'images' };

/**
 * CPU time is that of docs/performance.md (write-back as PNG 8.5, as JPEG 1.9 ms), docs/dataset-statistics.md (histogram),
 * docs/knn.md and docs/kmeans.md: of the sample digits. That of `knn` grows with the images that are learned from, and with their
 * pixels; that of `kmeans` with clusters and pixels, and is that of a stage that reads its images. That of `classify` is the model's: of
 * `resnet50` on the sample photographs; `orientation` takes 2.4. That of `embed` is of `resnet50`, too (docs/embed.md).
 * `startMs` is that of `npm run bench -- --only startup` on a machine that others used meanwhile: of `resnet50`, and for the graphs of `cnn` that of `orientation`.
 */
export const WORKLOADS: Readonly<Record<WorkloadName, WorkloadFacts>> = {
  statistics: {
    unit: IMAGES,
    cpu: 1,
    startMs: 0,
    batchFolders: [],
    writesItems: false,
    stages: null,
    shards: null,
    inputs: [],
    answerInputs: [],
    sources: [],
  },
  histogram: {
    unit: IMAGES,
    cpu: 1.18,
    startMs: 0,
    batchFolders: [HISTOGRAMS],
    writesItems: false,
    stages: null,
    shards: null,
    inputs: [],
    answerInputs: [],
    sources: [],
  },
  normalise: {
    unit: IMAGES,
    cpu: 6.9,
    startMs: 0,
    batchFolders: [],
    writesItems: true,
    stages: null,
    shards: null,
    inputs: [],
    answerInputs: [],
    sources: ['statisticsRun'],
  },
  knn: {
    unit: IMAGES,
    cpu: 1,
    startMs: 0,
    batchFolders: [],
    writesItems: false,
    stages: null,
    shards: null,
    inputs: ['training'],
    answerInputs: ['labels'],
    sources: [],
  },
  kmeans: {
    unit: IMAGES,
    cpu: 1.3,
    startMs: 0,
    batchFolders: [SUMS],
    writesItems: false,
    stages: (params) => (params as KmeansWork).maxIterations,
    shards: null,
    inputs: ['start'],
    answerInputs: ['start', 'labels'],
    sources: [],
  },
  classify: {
    unit: IMAGES,
    cpu: 45,
    startMs: 670,
    batchFolders: [],
    writesItems: false,
    stages: null,
    shards: null,
    inputs: ['model', 'classifier'],
    answerInputs: ['classifier', 'truth'],
    sources: ['modelBatch', 'labels'],
  },
  cnn: {
    unit: IMAGES,
    cpu: 28,
    startMs: 200,
    batchFolders: [LEARNT],
    writesItems: false,
    stages: (params) => stagesOf(params as CnnWork),
    shards: (params) => (params as { readonly shards: number }).shards,
    inputs: ['start', 'training', 'evaluation', 'truth'],
    answerInputs: ['truth'],
    sources: [],
  },
  embed: {
    unit: IMAGES,
    cpu: 45,
    startMs: 670,
    batchFolders: [EMBEDDINGS],
    writesItems: false,
    stages: null,
    shards: null,
    inputs: ['model', 'embedder'],
    answerInputs: ['embedder'],
    sources: ['modelBatch', 'type'],
  },
};

/** What the items of a workload are called. */
export function unitOf(name: WorkloadName): Unit {
  return WORKLOADS[name].unit;
}

/** Whether a workload has stages, each of which needs what came of the one before. */
export function hasStages(name: WorkloadName): boolean {
  return WORKLOADS[name].stages !== null;
}

/** Maps over the manifest at most: 1 where there are no stages. */
export function mostStages({
  name,
  params,
}: {
  readonly name: WorkloadName;
  readonly params: object;
}): number {
  return WORKLOADS[name].stages?.(params) ?? 1;
}

/** How many batches a workload has, by its settings; null where any number will do. */
export function shardsOf({
  name,
  params,
}: {
  readonly name: WorkloadName;
  readonly params: object;
}): number | null {
  return WORKLOADS[name].shards?.(params) ?? null;
}

/** The workload as far as rows depend on it: two runs with the same have the same rows of the same images. */
export function workOf({ name, params }: { readonly name: WorkloadName; readonly params: object }) {
  const { sources } = WORKLOADS[name];
  const own = Object.entries(params).filter(([param]) => !sources.includes(param));
  return { name, params: Object.fromEntries(own) };
}

/**
 * The folders that have a file of a batch that is done, beside its result and its span.
 *
 * @throws FanfleetError `INVALID_INPUT` where the workload is not known
 */
export function batchFoldersOf({ name }: { readonly name: string }): readonly string[] {
  return WORKLOADS[expectKnown(name)].batchFolders;
}

/** PUTs of each batch: the result, the span, and its other files. */
export function putsPerBatch(name: WorkloadName): number {
  return 2 + WORKLOADS[name].batchFolders.length;
}

/** PUTs for each item that could be done. */
export function putsPerItem(name: WorkloadName): number {
  return WORKLOADS[name].writesItems ? 1 : 0;
}
