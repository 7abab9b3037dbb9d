import { isDeepStrictEqual } from 'node:util';
import type * as z from 'zod';
import { type BucketReader, getIfPresent } from '../aws/bucket-reader.ts';
import { ENGINES } from '../contract/engines.ts';
import { layout } from '../contract/layout.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';
import { parseJsonText } from '../json-text.ts';
import { parse } from '../parse.ts';
import { workOf } from '../workloads/facts.ts';
import { requestedAgain } from '../workloads/schemas.ts';
import { type PartialRequest, type RequestInput, requestSchema } from './request.ts';
import { type Run, runSchema } from './run.ts';

/** What a batch's rows depend on: the same in both runs, or the one cannot go on with the other's. */
const sameWorkSchema = runSchema.pick({
  bucket: true,
  prefix: true,
  filter: true,
  shardKeys: true,
  keysFrom: true,
  keysColumn: true,
  workload: true,
  kernel: true,
  imageMemory: true,
  batchSize: true,
});
type SameWork = z.infer<typeof sameWorkSchema>;

/**
 * Check that a run can go on with the batches of the run that it resumes, if it resumes one.
 *
 * @param runs the bucket of the runs
 * @throws FanfleetError `INVALID_INPUT` that names each field which differs, or `resume` where there is no such run, or
 * it has no manifest
 */
export async function expectResumable(run: Run, runs: Pick<BucketReader, 'get'>): Promise<void> {
  const { resume } = run;
  if (resume === null) return;
  const what = `The request to resume the run ${resume}`;
  const earlier = parse(sameWorkSchema, await readRequest(resume, runs), layout.request(resume));
  const names = Object.keys(sameWorkSchema.shape) as (keyof typeof earlier)[];
  const problems = names
    .filter((name) => !isSame(name, earlier, run))
    .map((name) => problemOf(`${JSON.stringify(earlier[name])}, as in that run,`, name, run[name]));
  if (problems.length > 0) throw invalidInput(what, problems);
  if ((await getIfPresent(runs, layout.plan(resume))) === null) {
    throw invalidInput(what, [problemOf('a run that got as far as its manifest', 'resume', resume)]);
  }
}

function isSame(name: keyof SameWork, earlier: SameWork, own: SameWork): boolean {
  // Batches of both kernels in one arm would say nothing of its speed; `auto` was settled to be the native one.
  if (name === 'kernel') return (earlier.kernel === 'portable') === (own.kernel === 'portable');
  // The range of a dataset may be from another run, if it is the same range.
  if (name === 'workload') return isDeepStrictEqual(workOf(earlier.workload), workOf(own.workload));
  return isDeepStrictEqual(earlier[name], own[name]);
}

/**
 * The request for a run that resumes another one: what is not given is as it was resolved there.
 *
 * @throws FanfleetError `INVALID_INPUT` if there is no such run
 */
export async function requestToResume(
  resume: string,
  runs: Pick<BucketReader, 'get'>,
  given: PartialRequest,
): Promise<RequestInput> {
  const earlier = parse(earlierSchema, await readRequest(resume, runs), layout.request(resume));
  const { workload, instanceType: _, instanceTypes, ...fields } = earlier;
  // A kept fleet has its own.
  const ofFleet: ReadonlySet<string> = new Set(given.fleet === undefined ? [] : [...OF_GROWTH, ...OF_FLEET]);
  const isOtherEngine = given.engine !== undefined && ENGINES[given.engine].canGrow !== true;
  const known = Object.entries(fields).filter(
    ([name]) => name in requestSchema.shape && !ofFleet.has(name) && !(isOtherEngine && OF_GROWTH.has(name)),
  );
  const request = {
    ...Object.fromEntries(known),
    ...(given.instanceType === undefined && given.fleet === undefined ? { instanceTypes } : {}),
    workload: requestedAgain(workload),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    resume,
  };
  parse(requestSchema, request, 'The request');
  return request as RequestInput;
}

/** Fields that no other engine takes. */
const OF_GROWTH: ReadonlySet<string> = new Set(['workersMax', 'targetSeconds']);

/** Fields that are of the fleet alone. */
const OF_FLEET = ['engine', 'workers', 'instanceTypes', 'market', 'swap'];

const earlierSchema = runSchema.pick({ workload: true, instanceType: true, instanceTypes: true }).loose();

async function readRequest(resume: string, runs: Pick<BucketReader, 'get'>): Promise<unknown> {
  const found = await getIfPresent(runs, layout.request(resume));
  if (found !== null) return parseJsonText(found, layout.request(resume));
  throw invalidInput(`The request to resume the run ${resume}`, [
    problemOf('the id of a run of this stage', 'resume', resume),
  ]);
}
