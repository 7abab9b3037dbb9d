import { readInputFiles } from '../../aggregate/answer-inputs.ts';
import { readAllReduced, readOutcomes } from '../../aggregate/stages.ts';
import type { BucketReader } from '../../aws/bucket-reader.ts';
import { FanfleetError } from '../../errors.ts';
import { readState, type State } from '../../workloads/cnn/state.ts';
import { trainedModel } from '../../workloads/cnn/trained-model.ts';
import { readTruth } from '../../workloads/cnn/truth-file.ts';
import { ProblemLog } from '../../workloads/problems.ts';
import type { Summary } from '../summary-schema.ts';

/** A model as `classify` takes it: the ONNX file, how its tensors are made, and its labels. */
export interface TrainedNetwork {
  readonly model: Uint8Array;
  readonly description: Readonly<Record<string, unknown>>;
  readonly labels: readonly string[];
}

/**
 * What a run of `cnn` has learnt, of the arm and round whose answer is in its summary.
 *
 * @throws FanfleetError `INVALID_INPUT` where it is a run of another workload, `NO_NETWORK` where the values in the end are not there or are
 *   others than the answer has, `INPUT_DAMAGED`
 */
export async function trainedNetwork(
  { runId, request: { workload }, answer }: Pick<Summary, 'runId' | 'request' | 'answer'>,
  reader: BucketReader,
): Promise<TrainedNetwork> {
  if (workload.name !== 'cnn') {
    const message = `Expected a run of cnn but ${runId} is one of ${workload.name}: name one that trained a network.`;
    throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
  }
  if (answer?.kind !== 'cnn') throw noNetwork(runId, 'no arm left an answer');
  const { arm, round } = answer.source;
  const place = { reader, runId, arm, round };
  const problems = new ProblemLog();
  const last = (await readAllReduced(place, problems)).filter(({ isLast }) => isLast);
  let state: State | undefined;
  for await (const outcome of readOutcomes(place, last, problems)) state = readState(outcome);
  const [problem] = problems.list();
  if (state === undefined || problem !== undefined)
    throw noNetwork(runId, problem?.examples[0] ?? 'there is no stage');
  const inputs = await readInputFiles(reader, runId, ['evaluation', 'truth']);
  const [evaluation, truth] = [inputs.get('evaluation'), inputs.get('truth')];
  if (evaluation === undefined || truth === undefined) throw new TypeError('Expected both files.');
  const size = { width: state.side, height: state.side };
  return {
    model: trainedModel(evaluation, state),
    description: { resize: size, filter: 'bilinear', layout: 'nhwc', type: 'uint8' },
    labels: readTruth(truth).classes,
  };
}

function noNetwork(runId: string, why: string): FanfleetError {
  const message = `Expected the values of a trained network of the run ${runId} but ${why}: see its report, and run it again.`;
  return new FanfleetError('NO_NETWORK', message, { source: 'user' });
}
