import type { Engine } from '../contract/engines.ts';
import { ENGINES } from '../contract/engines.ts';
import { GETS_AT_ONCE } from '../dataset/reads.ts';
import type { Calibration, Work } from './calibration.ts';

/** Tries of a request to S3, and the bounds of the random wait between them: `src/aws/backoff.ts`. */
export const S3_RETRY = { tries: 8, firstBackoffMs: 100, mostBackoffMs: 20_000 } as const;

/**
 * Part of the Spot instances that is taken back in an hour. The Spot Instance Advisor's middle class is an interruption of
 * 5 to 10 % of the instances in a month; this is 10 %, spread over 730 hours.
 */
export const SPOT_INTERRUPTIONS_PER_HOUR = -Math.log(1 - 0.1) / 730;

/** Around the arms, in milliseconds: measured offline, docs/summary.md (aggregate) and docs/dataset.md (plan). */
export const RUN = {
  /** Validate, the transitions, report. */
  fixedMs: 2000,
  /** A page of a listing; S3 answers one after the other. */
  listPageMs: 150,
  /** 10 million items took 55 s. */
  aggregateMsPerImage: 0.0055,
  /** Of a stage whose rows do not count: the GET of a span by the SDK, 64 of which are under way. */
  aggregateMsPerSpan: 0.5,
} as const;

/** A GET in the region of the bucket: 30 ms and 20 ms per MiB (Durner, Leis and Neumann, PVLDB 16(11), 2023, section 2). */
const getMs = (bytes: number) => 30 + (20 * bytes) / 1_048_576;

/** A photograph of 500 x 375, as in docs/performance.md. */
const REFERENCE_BYTES = 87_000;

/**
 * CPU milliseconds of an item of `REFERENCE_BYTES`, GET included, by the native kernel: docs/performance.md, 21 November 2026,
 * Intel Xeon. It is one program in both arms, so every engine is taken to be as quick with it as a function.
 */
const IMAGE_MS = 1.24;

const WORK: Work = {
  itemMs: IMAGE_MS,
  vcpus: 1,
  itemCpuMs: IMAGE_MS,
  getMs: getMs(REFERENCE_BYTES),
  getsAtOnce: GETS_AT_ONCE,
  // The first GET, and two PUTs; S3 takes some 30 ms to begin an answer.
  batchMs: 90,
  dispatchMs: 50,
  spread: 0.1,
  kept: null,
};

/** A GET, of which eight are under way; between stages a map ends and the next one begins. */
const REDUCE_BATCH_MS = getMs(0) / 8;

/**
 * What to expect of an account where nothing has been measured. Boot, teardown and their spread are assumptions: nobody
 * has run fanfleet in an account yet (docs/operations.md); a measured run (`--from`) replaces them all.
 */
export function defaultCalibration(engine: Engine): Calibration {
  return {
    source:
      'the native kernel of docs/performance.md (2 cores of an Intel Xeon, 21 November 2026), AWS’s published limits, and assumed boot times: nothing of it was measured in an account',
    differentKernels: null,
    bytesPerItem: REFERENCE_BYTES,
    workload: 'statistics',
    sharedCores: null,
    serverless: {
      work: WORK,
      stage: { betweenMs: 2000, reduceBatchMs: REDUCE_BATCH_MS },
      startMs: 1000,
      endMs: 1000,
      coldStartMs: 500,
      coldStartSpread: 0.3,
    },
    fleet: {
      work: { ...WORK, dispatchMs: 20 },
      stage: { betweenMs: 500, reduceBatchMs: REDUCE_BATCH_MS },
      engine,
      instanceType: null,
      slotsPerWorker: null,
      // EC2 to a running system 40 s, packages 60 s ("a minute or more": docs/operations.md).
      bootMs: 100_000,
      engineStartMs: ENGINES[engine].startMs,
      endMs: 45_000,
      bootSpread: 0.1,
    },
  };
}
