import type { ClassReads } from './storage-classes.ts';

/** No lifecycle rule removes what a run leaves (resources/storage.yml): its first month is billed. */
export const STORED_DAYS = 30;

/** Requests to S3, what is read from it, and what is left there. */
export interface S3Usage {
  readonly lists: number;
  readonly gets: number;
  /** PUT, COPY, POST, and the parts of an upload. */
  readonly puts: number;
  readonly storedBytes: number;
  readonly storedDays: number;
  /** Bytes that were read, inside the region. @default 0 */
  readonly readBytes?: number;
  /** What of `gets` and `readBytes` is of items, by their storage class. @default all is read as Standard */
  readonly classes?: readonly ClassReads[];
}

/** How the processors of Lambda are sold. */
export type LambdaArchitecture = 'x86_64' | 'arm64';

/** What the calls of one function took. */
export interface FunctionUsage {
  readonly architecture: LambdaArchitecture;
  readonly memoryMb: number;
  readonly invocations: number;
  /** Milliseconds of all calls together, INIT included: AWS bills it. */
  readonly billedMs: number;
  /** Of `/tmp`. @default what costs nothing */
  readonly ephemeralMb?: number;
}

/** What one run of the serverless arm uses. */
export interface ServerlessUsage extends FunctionUsage {
  /** Of the Standard workflow; a Distributed Map has one for each child that it starts. */
  readonly stateTransitions: number;
  /** Express executions: one for each batch. */
  readonly expressRequests: number;
  /** Milliseconds of all of them, each rounded up to 100. */
  readonly expressMs: number;
  /** What adds up the stages of a workload that has several. @default none */
  readonly reduce?: FunctionUsage | null;
  readonly s3: S3Usage;
  /** Bytes that the functions log. @default 0 */
  readonly logBytes?: number;
  /** Custom metrics times the hours in which they got data. @default 0 */
  readonly metricHours?: number;
}

/** One instance of a fleet, from its launch to its end. */
export interface InstanceUsage {
  readonly role: 'head' | 'worker';
  readonly type: string;
  readonly market: 'on-demand' | 'spot';
  readonly runningMs: number;
  /**
   * Only of a kept fleet, of which `runningMs` is the time of one job: how long it had nothing to do before it. Both are
   * shares of a longer life, to which the least that EC2 bills does not apply. @default it ran for this alone
   */
  readonly idleBeforeMs?: number | undefined;
  /** gp3. */
  readonly volumeGib: number;
  /** How many are just like it. @default 1 */
  readonly count?: number;
  /** CPU time that it used, over all cores, for the surplus credits of T types. @default not known: none are billed */
  readonly cpuMs?: number | null;
}

/** What one run of the fleet arm uses. */
export interface FleetUsage {
  readonly instances: readonly InstanceUsage[];
  /** How many of the instances, the first ones, have a public IPv4 address. */
  readonly publicIps: number;
  readonly stateTransitions: number;
  /** Those that launch and end the fleet. */
  readonly functions: readonly FunctionUsage[];
  readonly s3: S3Usage;
  /** Bytes that the functions log. @default 0 */
  readonly logBytes?: number;
  /** Secrets that are written or read: each is a request to KMS. @default 0 */
  readonly kmsRequests?: number;
}
