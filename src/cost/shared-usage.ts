import type { RunFacts } from '../aggregate/run-facts.ts';
import { S3_LIMITS } from '../aws/limits.ts';
import { MANIFEST_BYTES_PER_IMAGE } from '../plan/batch-counts.ts';
import { putsPerBatch, WORKLOADS } from '../workloads/facts.ts';
import { calls, LOG_BYTES_PER_CALL } from './functions.ts';
import { classShares, readsOf } from './storage-classes.ts';
import { TRANSITIONS } from './transitions.ts';
import type { FunctionUsage, S3Usage } from './usage.ts';
import { STORED_DAYS } from './usage.ts';

/** What a run uses beside its arms: checking, planning, the baseline, adding up, the report. */
export interface SharedUsage {
  readonly functions: readonly FunctionUsage[];
  readonly stateTransitions: number;
  readonly s3: S3Usage;
  readonly logBytes: number;
}

/** src/plan/write.ts. */
const PART_BYTES = 8 * 1024 * 1024;
/** What `report` takes, which is over only after the summary is written, beside reading the rows once more. */
const REPORT_MS = 2_000;
/** plan.json, baseline.json and the prices by the aggregator; summary.json by the report. */
const GETS_PER_RUN = 4;
/** arm.json, instances.json, workers.json, seen.jsonl, leases.jsonl; and of each host its boot and its samples. */
const GETS_PER_FLEET = 5;
const GETS_PER_HOST = 2;
/** Reports and samples of the hosts. */
const LISTS_PER_FLEET = 2;
/** What a map kept of its children: its manifest and its file, whose first child is read before. One listing has those of all. */
const MAP_RUN_GETS = 3;
/** Of each stage reduced.json and outcome.json; of a fleet's beyond the first seen.jsonl and leases.jsonl, each looked for before. */
const GETS_PER_STAGE = 2;
const FLEET_STAGE = { lists: 2, gets: 2 };
/** request.json, plan.json, summary.json, report.html, figures.csv, results.parquet; beside manifest and baseline. */
const PUTS_PER_RUN = 6;
/**
 * Of inputs: `prepare` looks for their list, reads that of its items twice, and the manifest. The aggregator reads the list and
 * a file twice, and the report so, too. They are two files, their list, and the list of items.
 */
const INPUTS = { gets: 8, puts: 4 };
/** Of embeddings the report reads the manifest, the list of the inputs and one of them, and of each batch two files; and writes one. */
const EMBEDDINGS = { gets: 3, getsPerBatch: 2, puts: 1 };

/** The functions ran one after the other, so the times between the arms are theirs, and billed in full. */
export function sharedUsage(run: RunFacts): SharedUsage {
  const { plan, request, environment, baseline } = run;
  const hasEmbeddings = request.workload.name === 'embed';
  const hasInputs = WORKLOADS[request.workload.name].inputs.length > 0;
  const arms = run.rounds.flatMap((round) => round.arms).filter(({ status }) => status !== 'skipped');
  const starts = arms.flatMap(({ startedAt }) => startedAt ?? []);
  const ends = arms.flatMap(({ endedAt }) => endedAt ?? []);
  const baselineMs = baseline?.wallMs ?? 0;
  const beforeMs = (starts.length === 0 ? run.endedAt : Math.min(...starts)) - run.startedAt - baselineMs;
  const afterMs = ends.length === 0 ? 0 : run.endedAt - Math.max(...ends);
  const functions = [
    // All before the arms, and how that time divides is not known: it is billed at the largest memory, that of the last.
    calls('validate', environment, 0),
    calls('plan', environment, hasInputs ? 0 : beforeMs),
    ...(hasInputs ? [calls('prepare', environment, beforeMs)] : []),
    ...(baseline === null ? [] : [calls('baseline', environment, baselineMs)]),
    calls('aggregate', environment, afterMs),
    calls('report', environment, REPORT_MS + afterMs),
  ];
  return {
    functions,
    stateTransitions: transitions(arms.length),
    s3: s3Usage(arms.length),
    logBytes: LOG_BYTES_PER_CALL * functions.length,
  };

  function s3Usage(armRounds: number): S3Usage {
    const manifestBytes = plan.items * MANIFEST_BYTES_PER_IMAGE;
    const parts = Math.ceil(manifestBytes / PART_BYTES);
    const listed = plan.requests;
    const hosts = arms.flatMap((arm) => arm.hosts).length;
    const fleets = arms.filter(({ arm }) => arm === 'fleet').length;
    const functionArms = armRounds - fleets;
    const ofArms = arms.map((arm) => ({ isFleet: arm.arm === 'fleet', stages: arm.stages.length }));
    const sumOf = (of: (arm: (typeof ofArms)[number]) => number) =>
      ofArms.reduce((sum, arm) => sum + of(arm), 0);
    const maps = sumOf(({ stages }) => Math.max(1, stages));
    const laterOfFleets = sumOf(({ isFleet, stages }) => (isFleet ? Math.max(0, stages - 1) : 0));
    const mapRuns = sumOf(({ isFleet, stages }) => (isFleet ? 0 : Math.max(1, stages)));
    // The aggregator reads the manifest for each arm, and what each batch wrote, of several stages the spans of all and the rows of
    // one; the report the results of one arm.
    const ofBatch = sumOf(({ stages }) => (stages > 0 ? 1 + stages : putsPerBatch(request.workload.name)));
    const ofStages = GETS_PER_STAGE * sumOf(({ stages }) => stages);
    const batches = armRounds + ofBatch * plan.batches + ofStages + 1 + plan.batches;
    // The baseline reads from the start of the manifest on; it is taken to meet the classes like all others.
    const ofBaseline = readsOf(classShares(plan.storageClasses), baseline?.items ?? 0, baseline?.bytes ?? 0);
    const learned = learnedReads();
    const ofListing = Object.entries(plan.storageClasses).map(([storageClass, { listingGets }]) => ({
      storageClass,
      gets: listingGets,
      bytes: 0,
    }));
    return {
      lists:
        listed.lists +
        maps * Math.ceil(plan.batches / S3_LIMITS.keysPerList) +
        LISTS_PER_FLEET * fleets +
        FLEET_STAGE.lists * laterOfFleets +
        functionArms,
      gets:
        listed.gets +
        (baseline?.items ?? 0) +
        batches +
        GETS_PER_RUN +
        GETS_PER_FLEET * fleets +
        GETS_PER_HOST * hosts +
        FLEET_STAGE.gets * laterOfFleets +
        MAP_RUN_GETS * mapRuns +
        (hasInputs ? INPUTS.gets : 0) +
        (hasEmbeddings ? EMBEDDINGS.gets + EMBEDDINGS.getsPerBatch * plan.batches : 0) +
        learned.gets,
      // An upload in parts is begun and ended, too.
      puts:
        (parts > 1 ? parts + 2 : 1) +
        (baseline === null ? 0 : 1) +
        PUTS_PER_RUN +
        (hasInputs ? INPUTS.puts : 0) +
        (hasEmbeddings ? EMBEDDINGS.puts : 0),
      storedBytes: manifestBytes,
      storedDays: STORED_DAYS,
      readBytes: (baseline?.bytes ?? 0) + learned.bytes,
      classes: [...ofBaseline, ...ofListing, ...learned.classes],
    };
  }

  /** The items to learn from are read once, unless what an earlier run made of them was taken over. */
  function learnedReads() {
    const { items = 0, bytes = 0, storageClasses } = plan.training ?? {};
    if (plan.resumed?.inputs) return { gets: 0, bytes: 0, classes: [] };
    const own = Object.entries(storageClasses ?? {});
    const classes = readsOf(classShares(storageClasses ?? plan.storageClasses), items, bytes);
    const ofListing = own.map(([storageClass, { listingGets }]) => ({
      storageClass,
      gets: listingGets,
      bytes: 0,
    }));
    const { params } = request.workload;
    // One for each item that has or may have a label, whether there is a JSON beside it or not.
    const ofLabels = 'labels' in params && params.labels === 'json' ? items + plan.items : 0;
    return { gets: items + ofLabels, bytes, classes: [...classes, ...ofListing] };
  }

  function transitions(armRounds: number): number {
    const together = request.schedule === 'parallel';
    const passes = together ? run.rounds.length : armRounds;
    const skipped = 2 * passes - armRounds;
    return (
      TRANSITIONS.run +
      (hasInputs ? TRANSITIONS.inputs : 0) +
      (baseline === null ? 0 : TRANSITIONS.baseline) +
      TRANSITIONS.pass * passes +
      TRANSITIONS.skippedBranch * skipped
    );
  }
}
