import type { Arm } from './arm.ts';
import type { NormalisedFormat } from './normalisation.ts';
import { FILE_SUFFIXES } from './normalised-file.ts';

/** What names of files of a batch end in that are no JSON, by their folder; as in ec2-workers/fanfleet/task.py. */
const BATCH_FILE_SUFFIXES: Readonly<Partial<Record<string, string>>> = { embeddings: '.f32' };

/** Keys of a run in the runs bucket. They are deterministic: a retried batch overwrites itself. */
export const layout = {
  /** Prices of a region for the bills of all runs, newer than those that come with fanfleet. */
  prices: (region: string) => `prices/${region}.json`,
  run: (runId: string) => `runs/${runId}/`,
  request: (runId: string) => `runs/${runId}/request.json`,
  manifest: (runId: string) => `runs/${runId}/manifest.json`,
  plan: (runId: string) => `runs/${runId}/plan.json`,
  /** What `prepare` made for all workers, with the hash of each file; and the folder of these files. */
  inputs: (runId: string) => `runs/${runId}/inputs.json`,
  inputFile: (runId: string, name: string) => `runs/${runId}/inputs/${name}`,
  baseline: (runId: string) => `runs/${runId}/baseline.json`,
  summary: (runId: string) => `runs/${runId}/summary.json`,
  report: (runId: string) => `runs/${runId}/report.html`,
  /** The figures of the report, and the rows of one arm. */
  figures: (runId: string) => `runs/${runId}/figures.csv`,
  rows: (runId: string) => `runs/${runId}/results.parquet`,
  /** Of `embed`, those of the same arm. */
  embeddings: (runId: string) => `runs/${runId}/embeddings.parquet`,
  /** @param stage of a workload that has several, each of which has a folder of its own. @default the whole round */
  arm: (runId: string, arm: Arm, round: number, stage?: number) =>
    `runs/${runId}/${arm}/round-${round}/${stage === undefined ? '' : `stage-${stage}/`}`,
  armInfo: (runId: string, arm: Arm, round: number) => `${layout.arm(runId, arm, round)}arm.json`,
  /** Where the hosts of a fleet write: below the run that it is for, or in its own folder if it is kept. */
  fleet: (runId: string, round: number) =>
    isKeptFleet(runId) ? `${runId}/` : layout.arm(runId, 'fleet', round),
  /** What the hosts of the fleet tell of themselves: their boots, what they used each second, and who is there. */
  hosts: (runId: string, round: number) => `${layout.fleet(runId, round)}hosts/`,
  metrics: (runId: string, round: number) => `${layout.fleet(runId, round)}metrics/`,
  workerStates: (runId: string, round: number) => `${layout.fleet(runId, round)}workers.json`,
  /** What EC2 said of the fleet's instances once they were gone. */
  instances: (runId: string, round: number) => `${layout.fleet(runId, round)}instances.json`,
  /** The calls of a head that starts more workers. */
  workerStarts: (runId: string, round: number) => `${layout.arm(runId, 'fleet', round)}starts.json`,
  /** When the head saw each batch done; and when it gave it out, too, where it gives out leases. */
  seen: (runId: string, round: number, stage?: number) =>
    `${layout.arm(runId, 'fleet', round, stage)}seen.jsonl`,
  leases: (runId: string, round: number, stage?: number) =>
    `${layout.arm(runId, 'fleet', round, stage)}leases.jsonl`,
  /** What Step Functions keeps of the children of each Map Run: `mapRunPrefix` of a run, with a slash. */
  mapRuns: (runId: string) => `${layout.run(runId)}map-run/`,
  results: (runId: string, arm: Arm, round: number, stage?: number) =>
    `${layout.arm(runId, arm, round, stage)}results/`,
  spans: (runId: string, arm: Arm, round: number, stage?: number) =>
    `${layout.arm(runId, arm, round, stage)}spans/`,
  result: (runId: string, arm: Arm, round: number, batch: number, stage?: number) =>
    `${layout.results(runId, arm, round, stage)}${batchName(batch)}.jsonl`,
  /** Of a whole batch, beside its rows: what some workloads leave, such as `histograms`. */
  batchFile: (folder: string, runId: string, arm: Arm, round: number, batch: number, stage?: number) =>
    `${layout.arm(runId, arm, round, stage)}${folder}/${batchName(batch)}${BATCH_FILE_SUFFIXES[folder] ?? '.json'}`,
  span: (runId: string, arm: Arm, round: number, batch: number, stage?: number) =>
    `${layout.spans(runId, arm, round, stage)}${batchName(batch)}.json`,
  /** What all batches of a stage add up to, which is the state of the next one; and that it is there, and how long it took. */
  outcome: (runId: string, arm: Arm, round: number, stage: number) =>
    `${layout.arm(runId, arm, round, stage)}outcome.json`,
  reduced: (runId: string, arm: Arm, round: number, stage: number) =>
    `${layout.arm(runId, arm, round, stage)}reduced.json`,
  /** @param key of the image that the file was made of */
  normalised: (runId: string, arm: Arm, round: number, key: string, format: NormalisedFormat) =>
    `${layout.arm(runId, arm, round)}normalised/${key}${FILE_SUFFIXES[format]}`,
} as const;

/**
 * What a kept fleet has in the place of a run id, in tags, names of secrets and keys: its folder in the runs bucket. Ids of
 * runs are names of executions, which have no slash.
 *
 * @param id its name and which life of it, such as `ray.3`
 */
export function keptFleetRun(id: string): string {
  return `fleets/${id}`;
}

function isKeptFleet(runId: string): boolean {
  return runId.startsWith('fleets/');
}

/** Batch numbers are padded so that S3 lists them in their order, up to a thousand million. */
export function batchName(batch: number): string {
  return String(batch).padStart(9, '0');
}
