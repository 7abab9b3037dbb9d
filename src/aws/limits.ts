/**
 * What AWS allows, each figure once: docs/limits.md has the same table with sources, and a test holds the two to each other.
 * Plain numbers without imports, so that a function that starts on many machines at once can use them.
 *
 * To refresh: open each page of docs/limits.md, correct what has changed here and there, and set `LIMITS_READ` to that day.
 */

/** The day on which all of them were last compared with their sources. */
export const LIMITS_READ = '2026-11-28';

export const LAMBDA_LIMITS = {
  /**
   * Seconds of one call at most. The service model says 1,800 since botocore 1.44.8 of 20 November 2026, but the quotas page
   * still says 900, and cfn-lint 1.58.0 and osls 4.3.1 refuse to deploy more: 900 is what can be had.
   */
  timeoutSeconds: 900,
  leastMemoryMb: 128,
  mostMemoryMb: 10_240,
  /** Memory that gives a function one vCPU, and the most vCPUs that it can have. */
  memoryPerVcpuMb: 1769,
  mostVcpus: 6,
  /** `/tmp`: what costs nothing, and the most. */
  freeEphemeralMb: 512,
  mostEphemeralMb: 10_240,
  /** Of a call that is waited for, in each direction. */
  payloadBytes: 6_291_456,
  /** Calls at once of all functions of an account in a region, by default; an account that is new begins with far fewer. */
  accountConcurrency: 1000,
  newAccountConcurrency: 10,
  /** New environments of one function: at once, and per second after that (1,000 every 10 seconds, not saved up). */
  environmentsAtOnce: 1000,
  environmentsPerSecond: 100,
} as const;

/** By which Service Quotas knows the calls at once of an account. */
export const CONCURRENCY_QUOTA = 'L-B99A9384';

export const STEP_FUNCTIONS_LIMITS = {
  /** Input and output of a state, as JSON in UTF-8. */
  stateBytes: 262_144,
  /** Events in the history of one Standard execution. */
  historyEvents: 25_000,
  /** Seconds of one Express execution. */
  expressSeconds: 300,
  /** Express executions that may be started per second. */
  expressStartsPerSecond: 6000,
  /** Children of a Map Run at once. */
  mapConcurrency: 10_000,
  /** A file that a Distributed Map reads its items from. */
  itemFileBytes: 10_000_000_000,
} as const;

export const S3_LIMITS = {
  /** Requests per second to one partition of a prefix. */
  getsPerSecond: 5500,
  putsPerSecond: 3500,
  /** Of a key in UTF-8. */
  keyBytes: 1024,
  keysPerList: 1000,
  objectBytes: 50_000_000_000_000,
  /** Of an upload in parts: how many, and the least that a part but the last has. */
  parts: 10_000,
  leastPartBytes: 5_242_880,
} as const;

export const EC2_LIMITS = {
  /** Before base64. */
  userDataBytes: 16_384,
  /** Between the notice that a Spot instance gets and its end. */
  spotNoticeSeconds: 120,
} as const;
