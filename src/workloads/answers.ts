import * as z from 'zod';
import type { Workload } from '../contract/workload.ts';
import { ClassesOfRows, type ClassifyAnswer, classifyAnswerSchema } from './classify/answer.ts';
import { readClassifier } from './classify/classifier-file.ts';
import { readClassify } from './classify/params.ts';
import { readTruth } from './classify/truth-file.ts';
import { type CnnAnswer, CnnOfRows, cnnAnswerSchema } from './cnn/answer.ts';
import { readTruth as readCnnTruth } from './cnn/truth-file.ts';
import { type EmbedAnswer, EmbeddingsOfRows, embedAnswerSchema } from './embed/answer.ts';
import { readEmbedder } from './embed/embedder-file.ts';
import { expectKnown } from './expect-known.ts';
import { type ImageTaskName, imageTask } from './image-task.ts';
import { ClustersOfRows, type KmeansAnswer, kmeansAnswerSchema } from './kmeans/answer.ts';
import { readLabels as readImageLabels } from './kmeans/labels-file.ts';
import { readKmeans } from './kmeans/params.ts';
import { type KnnAnswer, knnAnswerSchema, LabelsOfRows } from './knn/answer.ts';
import { readLabels } from './knn/labels-file.ts';
import { readKnn } from './knn/params.ts';
import type { WorkloadName } from './names.ts';
import { type StatisticsAnswer, StatisticsOfRows, statisticsAnswerSchema } from './statistics/answer.ts';
import type { Answer, Inputs } from './workload.ts';

/** The answer of any workload, by its kind. */
export const answerSchema = z.discriminatedUnion('kind', [
  statisticsAnswerSchema,
  knnAnswerSchema,
  kmeansAnswerSchema,
  classifyAnswerSchema,
  cnnAnswerSchema,
  embedAnswerSchema,
]);
export type RunAnswer =
  | StatisticsAnswer
  | KnnAnswer
  | KmeansAnswer
  | ClassifyAnswer
  | CnnAnswer
  | EmbedAnswer;

/** The same with further fields. */
export function answerSchemaWith<F extends z.ZodRawShape>(fields: F) {
  return z.discriminatedUnion('kind', [
    statisticsAnswerSchema.extend(fields),
    knnAnswerSchema.extend(fields),
    kmeansAnswerSchema.extend(fields),
    classifyAnswerSchema.extend(fields),
    cnnAnswerSchema.extend(fields),
    embedAnswerSchema.extend(fields),
  ]);
}

/** The answer if it is of statistics. */
export function statisticsIn<A extends { readonly kind: string }>(answer: A | null) {
  return answer?.kind === 'statistics' ? (answer as Extract<A, { kind: 'statistics' }>) : null;
}

type Make = (params: Workload['params'], inputs: Inputs) => Answer<RunAnswer>;

const ANSWERS: Readonly<Record<WorkloadName, Make>> = {
  statistics: statisticsOf('statistics'),
  histogram: statisticsOf('histogram'),
  normalise: statisticsOf('normalise'),
  knn: (params, inputs) => {
    const labels = inputs.get('labels');
    return new LabelsOfRows(readKnn(params), labels === undefined ? null : readLabels(labels));
  },
  kmeans: (params, inputs) => {
    const labels = inputs.get('labels');
    return new ClustersOfRows(readKmeans(params), {
      start: inputs.get('start') ?? null,
      labels: labels === undefined ? null : readImageLabels(labels),
    });
  },
  cnn: (_, inputs) => {
    const truth = inputs.get('truth');
    return new CnnOfRows(truth === undefined ? null : readCnnTruth(truth));
  },
  embed: (_, inputs) => {
    const embedder = inputs.get('embedder');
    return new EmbeddingsOfRows(embedder === undefined ? null : readEmbedder(embedder));
  },
  classify: (params, inputs) => {
    const [classifier, truth] = [inputs.get('classifier'), inputs.get('truth')];
    return new ClassesOfRows(readClassify(params), {
      labels: classifier === undefined ? null : readClassifier(classifier).labels,
      truth: truth === undefined ? null : readTruth(truth),
    });
  },
};

/**
 * What makes the answer of a workload of its rows; anew for each arm and round.
 *
 * @param inputs what the answer is to know beside the rows: `labels` of `knn` and `kmeans`, `classifier` and `truth` of `classify`, `embedder` of `embed`. Without them rows are checked as far as they
 * tell. @default none
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function answerOf({ name, params }: Workload, inputs: Inputs = new Map()): Answer<RunAnswer> {
  return ANSWERS[expectKnown(name)](params, inputs);
}

const KINDS: Readonly<Record<WorkloadName, RunAnswer['kind']>> = {
  statistics: 'statistics',
  histogram: 'statistics',
  normalise: 'statistics',
  knn: 'knn',
  kmeans: 'kmeans',
  classify: 'classify',
  cnn: 'cnn',
  embed: 'embed',
};

/** The kind of answer that a workload gives. */
export function answerKindOf({ name }: { readonly name: WorkloadName }): RunAnswer['kind'] {
  return KINDS[name];
}

function statisticsOf(name: ImageTaskName): Make {
  return (params) => new StatisticsOfRows(imageTask(name, params));
}
